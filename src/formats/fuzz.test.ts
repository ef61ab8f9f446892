import { describe } from 'vitest';
import { fuzz } from './fuzz.testing.ts';
import { openSafetensors, type SafetensorsDtype } from './safetensors.ts';
import { safetensorsStream } from './safetensors-write.ts';

const dtypes: readonly (readonly [SafetensorsDtype, number])[] = [
  ['F32', 4],
  ['BF16', 2],
  ['I64', 8],
  ['U8', 1],
];

async function smallSafetensors() {
  const tensors = dtypes.map(([dtype, width], i) => ({
    name: `layer.${i}.weight`,
    dtype,
    shape: [i + 1, 3],
    bytes: () => Promise.resolve(new Uint8Array((i + 1) * 3 * width)),
  }));
  const { stream } = safetensorsStream(tensors, { format: 'pt' });
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

describe('hostile files', () => {
  fuzz({
    name: 'safetensors',
    samples: async () => [{ 'small.safetensors': await smallSafetensors() }],
    async open([file]) {
      const store = await openSafetensors(file!);
      for (const name of store.entries.keys()) await store.read(name);
    },
    runs: 400,
  });
});
