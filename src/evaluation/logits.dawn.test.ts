import { beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../backends/backend.ts';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import { gpuBackend } from '../backends/webgpu/device.testing.ts';
import { openModel } from '../models/open-model.ts';
import { nodeFolder } from '../cli/node-files.ts';
import { hasShared, readSharedJson, sharedPath } from '../lib/golden.testing.ts';
import { loadWeights } from '../models/weights.ts';
import { plainModel } from '../models/runnable.ts';
import { logitsOf } from './logits.ts';

interface Golden {
  sequences: { ids: number[]; positions: number[]; logits: number[][]; greedy: number[] }[];
}

const cases = [
  ...[
    'llama-gqa-untied',
    'llama-gqa-tied',
    'llama-rope-llama3',
    'llama-headdim-bias',
    'llama-rope-parameters',
    'llama-bf16',
    'llama-f16',
    'mistral-swa',
    'qwen2-tied',
    'qwen2-swa-mixed',
    'qwen3',
    'gpt2',
    'gpt2-bare-names',
    'gpt_neox-pythia',
    'gpt_neox-sequential',
    'opt',
    'phi',
    'gemma',
    'gemma2',
  ].map((name) => ({ folder: `golden/${name}`, golden: `golden/${name}/golden.json` })),
  { folder: 'models/stories260K-hf', golden: 'golden/real/stories260K.json' },
];

describe.skipIf(!hasShared())('logits against the transformers library', () => {
  const backends: Backend[] = [];
  beforeAll(async () => {
    backends.push(new CpuBackend(), await gpuBackend());
  });

  for (const { folder, golden } of cases) {
    it(folder, async () => {
      const source = await openModel(await nodeFolder(sharedPath(folder)));
      const { sequences } = readSharedJson<Golden>(golden);
      for (const backend of backends) {
        const store = backend.createStore();
        await loadWeights(source, store);
        for (const { ids, positions, logits } of sequences.slice(0, 4)) {
          const found = await logitsOf(plainModel(backend, store, source.config), ids);
          positions.forEach((position, i) => expectClose(found[position]!, logits[i]!));
        }
        store.dispose();
      }
    });
  }
});

/** The tolerance that golden/README.md calls fair for float32. */
function expectClose(found: Float32Array, expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  const worst = expected.reduce(
    (most, value, i) => Math.max(most, Math.abs(found[i]! - value) - 2e-5 * Math.abs(value)),
    0,
  );
  expect(worst).toBeLessThanOrEqual(1e-4);
}
