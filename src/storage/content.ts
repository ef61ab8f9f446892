import type { FileSource } from '../formats/source.ts';
import type { FileContent } from './folder.ts';

/** Bytes that are copied at a time: a model is never whole in memory. */
const sliceBytes = 8 * 1024 * 1024;

/** In pieces. Whoever stops early lets go of the stream. */
export async function* chunksOf(content: FileContent): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (content instanceof Uint8Array) {
    yield content;
    return;
  }
  const reader = content.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value as Uint8Array<ArrayBuffer>;
    }
  } finally {
    // Nothing happens at the end of the stream, and a stream that has failed fails again.
    await reader.cancel().catch(() => undefined);
  }
}

/** The file in slices, each read when the one before has been written. */
export function streamOf(source: FileSource, slice = sliceBytes): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream(
    {
      async pull(controller) {
        const end = Math.min(at + slice, source.size);
        if (end > at) controller.enqueue(await source.read(at, end));
        at = end;
        if (at === source.size) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}
