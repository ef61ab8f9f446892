import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import { gpuBackend } from '../backends/webgpu/device.testing.ts';
import { nodeFolder } from '../cli/node-files.ts';
import { openModel } from '../models/open-model.ts';
import { hasShared, readSharedJson, sharedPath } from '../lib/golden.testing.ts';
import { plainModel } from '../models/runnable.ts';
import { loadWeights } from '../models/weights.ts';
import { Generator } from './generate.ts';

const cases = [
  ['golden/llama-gqa-untied', 'golden/llama-gqa-untied/golden.json'],
  ['golden/llama-f16', 'golden/llama-f16/golden.json'],
  ['models/stories260K-hf', 'golden/real/stories260K.json'],
] as const;

describe.skipIf(!hasShared())('greedy generation with a KV cache', () => {
  for (const [folder, golden] of cases) {
    it(folder, async () => {
      const source = await openModel(await nodeFolder(sharedPath(folder)));
      const { sequences } = readSharedJson<{ sequences: { ids: number[]; greedy: number[] }[] }>(golden);
      const { ids, greedy } = sequences.at(-1)!;
      for (const backend of [new CpuBackend(), await gpuBackend()]) {
        const store = backend.createStore();
        await loadWeights(source, store);
        const generator = await Generator.create(
          plainModel(backend, store, source.config),
          ids.length + greedy.length,
        );
        const found: number[] = [];
        for await (const token of generator.generate(ids, greedy.length, [])) found.push(token);
        expect(found).toEqual(greedy);
        generator.dispose();
        store.dispose();
      }
    });
  }
});
