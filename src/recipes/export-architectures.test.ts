import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import { initAdapters } from '../compression/adapters/init.ts';
import { bytesSource } from '../formats/source.ts';
import { hasShared, readSharedBytes } from '../lib/golden.testing.ts';
import { Random } from '../lib/random.ts';
import { adapterB } from '../models/elastic.ts';
import { randomGenome } from '../search/space.ts';
import { formatOffers } from './export.ts';
import type { Exportable } from './exported-model.ts';
import { loadModel, type LoadedModel } from './model.ts';
import { presets } from './presets.ts';
import { exportAndProve, randomTokens } from './proof.ts';
import { elasticSpaceOf } from './space.ts';
import { planOf } from './trained.ts';

const architectures = [
  'llama-headdim-bias',
  'llama-bf16',
  'mistral-swa',
  'qwen2-swa-mixed',
  'qwen3',
  'gemma2',
  'gpt2',
  'gpt_neox-pythia',
  'opt',
  'phi',
].filter((name) => hasShared(`golden/${name}/config.json`));

async function open(name: string): Promise<LoadedModel> {
  const files = ['config.json', 'model.safetensors'].map((file) =>
    bytesSource(`${name}/${file}`, readSharedBytes(`golden/${name}/${file}`)),
  );
  return loadModel(new CpuBackend(), files);
}

/** A super-network with random adapters, as if it had been trained, and one sub-network of it. */
function finishedRun(model: LoadedModel): Exportable {
  const preset = presets.lonas.recipe('perplexity');
  const recipe = { ...preset, adapter: { ...preset.adapter, rank: 4, alpha: 8 } };
  const elastic = elasticSpaceOf(model.structure, recipe);
  const plan = planOf(elastic, model, recipe);
  const random = new Random(5);
  initAdapters(model, plan, random);
  for (const module of plan.adapters.keys()) {
    const { shape } = model.store.spec(adapterB(module));
    const values = Float32Array.from({ length: shape[0]! * shape[1]! }, () => 0.05 * random.normal());
    model.store.write(adapterB(module), values);
  }
  const trained = { elastic, plan, masked: new Set<string>(), quantized: new Set<string>() };
  return { run: { model, recipe }, trained, genome: randomGenome(elastic.space, random) };
}

describe.skipIf(architectures.length === 0)('what is exported of every architecture', () => {
  it.each(architectures)(
    '%s: comes back as it was in every format that takes it',
    { timeout: 60_000 },
    async (name) => {
      const finished = finishedRun(await open(name));
      const possible = (await formatOffers(finished)).filter(({ refused }) => refused === null);
      expect(possible.map(({ format }) => format)).toEqual(expect.arrayContaining(['hf', 'onnx']));
      const tokens = {
        ids: randomTokens(finished)
          .ids.slice(0, 2)
          .map((ids) => ids.slice(0, 12)),
        source: null,
      };
      for (const { format } of possible) {
        const { proof } = await exportAndProve(finished, [], { format, tokens });
        expect(proof, `${format}: ${JSON.stringify(proof)}`).toMatchObject({ holds: true, format });
      }
    },
  );
});
