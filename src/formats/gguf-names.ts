/**
 * What GGUF calls a model's tensors, and how it orders their rows.
 * (ggml-org/llama.cpp, `gguf-py/gguf/constants.py` TENSOR_NAMES; the orders in `convert_hf_to_gguf.py`.)
 */
import { blockRoles, inBlock, type BlockRole, type ModelConfig } from './model-config.ts';
import { expectedTensors } from './expected-tensors.ts';

/** Where the rows of a model's tensor lie in the file; both ways. */
export interface RowOrder {
  toFile(row: number): number;
  toModel(row: number): number;
}

export interface GgufPlace {
  /** In the file. */
  readonly name: string;
  /** [out, in], as in the model. */
  readonly shape: readonly number[];
  /** null: as in the model. */
  readonly order: RowOrder | null;
  /** The file holds weights plus this one: Gemma's norms. */
  readonly offset: 0 | 1;
  /** A linear module of a block, which may be INT4. */
  readonly linear: boolean;
}

const linearNames: Record<BlockRole, string> = {
  q: 'attn_q',
  k: 'attn_k',
  v: 'attn_v',
  qkv: 'attn_qkv',
  o: 'attn_output',
  gate: 'ffn_gate',
  up: 'ffn_up',
  down: 'ffn_down',
};

const normNames = {
  attentionInput: 'attn_norm',
  attentionOutput: 'post_attention_norm',
  feedForwardInput: 'ffn_norm',
  feedForwardOutput: 'post_ffw_norm',
  query: 'attn_q_norm',
  key: 'attn_k_norm',
} as const;

/** Canonical name of each tensor of the model → its place in a file of that `general.architecture`. */
export function ggufPlaces(config: ModelConfig, architecture: string): Map<string, GgufPlace> {
  const modules = moduleNames(config);
  const places = new Map<string, GgufPlace>();
  for (const [name, { shape }] of expectedTensors(config)) {
    const [, module, part] = /^(.+)\.(weight|bias)$/.exec(name) ?? [];
    const place = modules.get(module ?? '');
    if (!place) continue;
    places.set(name, {
      name: `${place.name}.${part}`,
      shape,
      order: place.role ? rowOrder(config, architecture, place.role) : null,
      offset: place.norm && config.decoder.norm === 'rms-plus-one' ? 1 : 0,
      linear: place.role !== undefined && part === 'weight',
    });
  }
  return places;
}

interface Named {
  readonly name: string;
  readonly role?: BlockRole;
  readonly norm?: true;
}

/** Module of the model → its name in the file. */
function moduleNames(config: ModelConfig): Map<string, Named> {
  const { names, layers } = config;
  const modules = new Map<string, Named>([
    [names.embedding, { name: 'token_embd' }],
    [names.finalNorm, { name: 'output_norm', norm: true }],
    [names.head, { name: 'output' }],
  ]);
  if (names.positions) modules.set(names.positions, { name: 'position_embd' });
  for (let layer = 0; layer < layers; layer++) {
    for (const role of blockRoles) {
      const linear = names.linear[role];
      if (linear)
        modules.set(inBlock(config, layer, linear), { name: `blk.${layer}.${linearNames[role]}`, role });
    }
    for (const [norm, name] of Object.entries(normNames)) {
      const own = names.norms[norm as keyof typeof normNames];
      if (own) modules.set(inBlock(config, layer, own), { name: `blk.${layer}.${name}`, norm: true });
    }
  }
  return modules;
}

function rowOrder(config: ModelConfig, architecture: string, role: BlockRole): RowOrder | null {
  if (architecture === 'llama' && (role === 'q' || role === 'k')) return interleavedHalves(config.headDim);
  if (role === 'qkv' && config.decoder.fused === 'by-head') return byPart(config);
  return null;
}

/** llama.cpp turns neighbours in Llama's heads, transformers the two halves: row i of half h is row 2i + h of the file. */
function interleavedHalves(headDim: number): RowOrder {
  const half = headDim / 2;
  const within = (row: number, to: (inHead: number) => number) => {
    const inHead = row % headDim;
    return row - inHead + to(inHead);
  };
  return {
    toFile: (row) => within(row, (i) => 2 * (i % half) + Math.floor(i / half)),
    toModel: (row) => within(row, (i) => half * (i % 2) + (i >> 1)),
  };
}

/** GPT-NeoX has q, k and v of each head together; the file has all of q, then k, then v. */
function byPart({ heads, headDim }: ModelConfig): RowOrder {
  const move = (row: number, outer: number, inner: number) => {
    const [a, b] = [Math.floor(row / (inner * headDim)), Math.floor(row / headDim) % inner];
    return (b * outer + a) * headDim + (row % headDim);
  };
  return { toFile: (row) => move(row, heads, 3), toModel: (row) => move(row, 3, heads) };
}
