import { readFileSync } from 'node:fs';
import { expectedTensors } from '../formats/expected-tensors.ts';
import { safetensorsStream } from '../formats/safetensors-write.ts';
import { bytesSource, type FileSource } from '../formats/source.ts';
import { Random } from '../lib/random.ts';
import { configOf } from '../models/config.testing.ts';
import { blockModules } from '../models/structure.ts';

const config = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 16,
  intermediate_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  vocab_size: 116,
  max_position_embeddings: 64,
  bos_token_id: 2,
  eos_token_id: 3,
  tie_word_embeddings: true,
};

/** Its linear modules of the blocks. */
export const tinyModules = [0, 1].flatMap((layer) => blockModules(configOf(config), layer));

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A random model with the demo's tokenizer: small enough for the CPU backend in a unit test. */
export const tinyModel = (changes: Record<string, unknown> = {}): Promise<FileSource[]> =>
  randomModel({ ...config, ...changes });

/** A random model of a config.json, with the demo's tokenizer. */
export async function randomModel(content: Record<string, unknown>): Promise<FileSource[]> {
  const json = JSON.stringify(content);
  const random = new Random(7);
  const tensors = [...expectedTensors(configOf(JSON.parse(json)))].map(
    ([name, { shape: whole, transposed }]) => {
      const shape = transposed ? whole.toReversed() : whole;
      const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () =>
        name.includes('norm') ? 1 : 0.3 * random.normal(),
      );
      return {
        name,
        dtype: 'F32' as const,
        shape,
        bytes: () => Promise.resolve(new Uint8Array(values.buffer)),
      };
    },
  );
  const weights = new Uint8Array(await new Response(safetensorsStream(tensors).stream).arrayBuffer());
  return [
    bytesSource('tiny/config.json', bytesOf(json)),
    bytesSource('tiny/model.safetensors', weights),
    bytesSource('tiny/tokenizer.json', new Uint8Array(readFileSync('public/demo/model/tokenizer.json'))),
    bytesSource(
      'tiny/tokenizer_config.json',
      new Uint8Array(readFileSync('public/demo/model/tokenizer_config.json')),
    ),
  ];
}

/** The first problems of the demo. */
export function fewProblems(count: number): FileSource {
  const lines = readFileSync('public/demo/data/problems.jsonl', 'utf8').split('\n');
  return bytesSource('few.jsonl', bytesOf(lines.slice(0, count).join('\n')));
}
