/**
 * Adapters that stay beside the weights, as the second file that llama.cpp loads with `--lora`.
 * (ggml-org/llama.cpp, `convert_lora_to_gguf.py`, `src/llama-adapter.cpp`.)
 */
import { ggufPlaces } from '../formats/gguf-names.ts';
import { ggufStream, type GgufOutput, type GgufTyped } from '../formats/gguf-write.ts';
import type { ExportFile, FinishedAdapter, FinishedModel } from './exporter.ts';
import { targetOf } from './gguf-metadata.ts';

/** Only the linear modules of blocks: an embedding's adapter is turned round there, and a head may be the embedding. */
export function whyNoLora({ adapters, config }: FinishedModel): string | null {
  const outside = adapters.find(({ module }) => !module.startsWith(`${config.names.blocks}.`));
  if (!outside) return null;
  return `It has an adapter on ${outside.module}, which a GGUF adapter cannot hold. Choose the Hugging Face folder, or a recipe that merges.`;
}

export function loraFile(model: FinishedModel): ExportFile[] {
  const { adapters, config, name } = model;
  if (adapters.length === 0) return [];
  const architecture = targetOf(config)!.name;
  const places = ggufPlaces(config, architecture);
  const metadata = new Map<string, GgufTyped>([
    ['general.type', { text: 'adapter' }],
    ['general.architecture', { text: architecture }],
    ['general.name', { text: `${name} adapter` }],
    ['adapter.type', { text: 'lora' }],
    // llama.cpp scales by alpha / rank, one alpha for all ranks; 0: not at all. The scale is in B.
    ['adapter.lora.alpha', { f32: 0 }],
  ]);
  const outputs = adapters.flatMap((adapter) => outputsOf(adapter, places.get(`${adapter.module}.weight`)!));
  return [{ name: 'adapter.gguf', ...ggufStream(metadata, outputs) }];
}

type Place = ReturnType<typeof ggufPlaces> extends Map<string, infer P> ? P : never;

function outputsOf(adapter: FinishedAdapter, { name, order }: Place): GgufOutput[] {
  const { rank, scale, inputs, outputs } = adapter;
  const scaled = async () => {
    const values = await adapter.b();
    const out = new Float32Array(values.length);
    for (let row = 0; row < outputs; row++) {
      const from = (order?.toModel(row) ?? row) * rank;
      for (let i = 0; i < rank; i++) out[row * rank + i] = scale * values[from + i]!;
    }
    return new Uint8Array(out.buffer);
  };
  return [
    {
      name: `${name}.lora_a`,
      type: 'F32',
      shape: [rank, inputs],
      bytes: async () => new Uint8Array((await adapter.a()).buffer),
    },
    { name: `${name}.lora_b`, type: 'F32', shape: [outputs, rank], bytes: scaled },
  ];
}
