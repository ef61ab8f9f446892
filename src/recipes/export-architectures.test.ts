import { describe, expect, it } from 'vitest';
import { cpu } from '../backends/cpu.testing.ts';
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

const everyFloat = ['hf', 'onnx', 'gguf'];

/** What each takes of a LoNAS result: no INT4; and no adapter alone, where the base was cut or put into another order. */
const formats: Readonly<Record<string, readonly string[]>> = {
  'llama-headdim-bias': everyFloat,
  'llama-bf16': everyFloat,
  'mistral-swa': everyFloat,
  'qwen2-swa-mixed': everyFloat,
  // The sub-network drawn here is the whole of it.
  qwen3: ['hf', 'peft', 'onnx', 'gguf'],
  // llama.cpp's scales scores by the head's size.
  gemma2: ['hf', 'onnx'],
  gpt2: everyFloat,
  'gpt_neox-pythia': everyFloat,
  // llama.cpp has none.
  opt: ['hf', 'onnx'],
  // llama.cpp's takes all heads, and some are cut here.
  phi: ['hf', 'onnx'],
};
const architectures = Object.keys(formats).filter((name) => hasShared(`golden/${name}/config.json`));

async function open(name: string): Promise<LoadedModel> {
  const files = ['config.json', 'model.safetensors'].map((file) =>
    bytesSource(`${name}/${file}`, readSharedBytes(`golden/${name}/${file}`)),
  );
  return loadModel(cpu, files);
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
      expect(possible.map(({ format }) => format)).toEqual(formats[name]);
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
