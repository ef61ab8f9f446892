/** What a search and a cost count must know about a model: its linear modules, and nothing of their weights. */
import { blockNorms, expectedTensors, linearShapes } from '../formats/expected-tensors.ts';
import { inBlock, type BlockRole, type ModelConfig } from '../formats/model-config.ts';
import { sizeOf } from '../graph/tensor.ts';

export type ModuleRole = BlockRole | 'head';

/** What can carry an adapter: the linear modules, and the embedding, whose "output rows" are the vocabulary. */
export type AdapterRole = ModuleRole | 'embedding';

/** How attention is cut into heads. */
export interface AttentionShape {
  readonly heads: number;
  /** KV groups: a k and a v head, and the `heads / kvHeads` q heads that read them. */
  readonly kvHeads: number;
  readonly headDim: number;
}

export interface ModuleShape {
  /** As in the checkpoint, e.g. `model.layers.0.mlp.up_proj`. */
  readonly name: string;
  /** Block index; the number of blocks for `head`. */
  readonly layer: number;
  readonly role: ModuleRole;
  /** [out, in] features, whatever the file's own layout. */
  readonly shape: readonly [rows: number, columns: number];
  readonly bias?: boolean;
}

export interface ModelStructure {
  readonly layers: number;
  /** All linear modules, `head` included also where it is tied to the embedding. */
  readonly modules: readonly ModuleShape[];
  /** Full FFN width: rows of gate and up, columns of down. */
  readonly intermediateSize: number;
  /** Absent where heads cannot be cut. */
  readonly attention?: AttentionShape;
  /** Names of the embedding and the head; the head is among `modules` too. */
  readonly outer: { readonly embedding: string; readonly head: string };
  /** [vocabulary, hidden], where the embedding can carry an adapter. */
  readonly embedding?: readonly [rows: number, columns: number];
  /** Parameters outside the linear modules: embeddings, positions, norms. For the whole-model figure. */
  readonly otherParameters?: number;
  /** Of which each block has so many. */
  readonly blockParameters?: number;
  /** The head is the embedding, already among `otherParameters`. */
  readonly tiedHead?: boolean;
}

/** One sub-network, module by module. What is missing from `ranks` has no adapter; from `widths`, its full width. */
export interface SubNetwork {
  /** Adapter rank ρ of each adapted module. */
  readonly ranks: Readonly<Record<string, number>>;
  /** Active output rows of each gate and up module; the `down` of the same block follows. */
  readonly widths: Readonly<Record<string, number>>;
  /** KV groups that the attention of a block keeps; all of them where it is not named. */
  readonly kvGroups?: Readonly<Record<number, number>>;
  /** Blocks that are taken out. */
  readonly removed?: ReadonlySet<number>;
}

/** The linear modules of a model and their shapes, from its config alone. */
export function structureOf(config: ModelConfig): ModelStructure {
  const known = structures.get(config);
  if (known) return known;
  const described = describe(config);
  structures.set(config, described);
  return described;
}

const structures = new WeakMap<ModelConfig, ModelStructure>();

function describe(config: ModelConfig): ModelStructure {
  const { names, decoder, layers, vocabSize, hiddenSize, heads, kvHeads, headDim, tied } = config;
  const shapes = linearShapes(config);
  const modules = Array.from({ length: layers }, (_, layer) =>
    [...shapes].map(([role, shape]): ModuleShape => {
      const name = inBlock(config, layer, names.linear[role]!);
      return { name, layer, role, shape, bias: decoder.biases.includes(role) };
    }),
  ).flat();
  const head: ModuleShape = {
    name: names.head,
    layer: layers,
    role: 'head',
    shape: [vocabSize, hiddenSize],
    bias: decoder.biases.includes('head'),
  };
  const linear = new Set([...modules, head].map(({ name }) => name));
  const others = [...expectedTensors(config)].filter(([name]) => !linear.has(moduleOf(name)));
  const norms = blockNorms(config).reduce((sum, { size }) => sum + size, 0);
  return {
    layers,
    modules: [...modules, head],
    intermediateSize: config.intermediateSize,
    ...(decoder.fused ? {} : { attention: { heads, kvHeads, headDim } }),
    outer: { embedding: names.embedding, head: names.head },
    embedding: [vocabSize, hiddenSize],
    otherParameters: others.reduce((sum, [, { shape }]) => sum + sizeOf(shape), 0),
    blockParameters: decoder.norm === 'layer' ? 2 * norms : norms,
    tiedHead: tied,
  };
}

/** The module that a tensor belongs to: its name without `.weight` or `.bias`. */
export const moduleOf = (tensor: string): string => tensor.replace(/\.(?:weight|bias)$/, '');

/** The linear modules of a block, in the order of the forward pass. */
export function blockModules(config: ModelConfig, layer: number): string[] {
  return structureOf(config)
    .modules.filter((module) => module.layer === layer && module.role !== 'head')
    .map(({ name }) => name);
}

/** What a module is, or undefined where it is no linear module of the model. */
export function roleOf(config: ModelConfig, module: string): ModuleRole | undefined {
  return rolesOf(config).get(module);
}

const roles = new WeakMap<ModelConfig, ReadonlyMap<string, ModuleRole>>();

function rolesOf(config: ModelConfig): ReadonlyMap<string, ModuleRole> {
  const known = roles.get(config);
  if (known) return known;
  const found = new Map(structureOf(config).modules.map(({ name, role }) => [name, role]));
  roles.set(config, found);
  return found;
}

/** A number between dots in a module's name is that of its block, in every architecture: `transformer.h.3.mlp.c_fc`. */
const blockNumber = /\.(\d+)\./;

/** Whether a name is that of something in a block, in any architecture. */
export const isNumbered = (name: string): boolean => blockNumber.test(name);

/** Block index in a name; 0 outside blocks. */
export const blockOf = (name: string): number => Number(blockNumber.exec(name)?.[1] ?? 0);

/** Whether a name is that of something in a block. */
export const isInBlock = ({ names }: Pick<ModelConfig, 'names'>, name: string): boolean =>
  name.startsWith(`${names.blocks}.`);

/** The name of the same thing in another block. */
export const inOtherBlock = (name: string, block: number): string => name.replace(blockNumber, `.${block}.`);
