import type { MeasureOptions } from '../protocol.ts';
import { here } from './measure.ts';

addEventListener('message', ({ data }: MessageEvent<{ name: string; options: MeasureOptions }>) => {
  here.measure(data.name, data.options).then(
    (measured) => postMessage({ measured }),
    (error: unknown) => postMessage({ error: String(error) }),
  );
});
