/** Which tensors a model has, by their canonical names, and how large they are. */
import { blockRoles, inBlock, type BlockRole, type ModelConfig } from './model-config.ts';

export interface ExpectedTensor {
  /** Linear weights are [out, in]. */
  readonly shape: readonly number[];
  /** The file holds it as [in, out]. */
  readonly transposed: boolean;
}

/** Every tensor in the order of the forward pass; a tied head is not listed. */
export function expectedTensors(config: ModelConfig): Map<string, ExpectedTensor> {
  const expected = new Map<string, ExpectedTensor>();
  const { names, decoder, hiddenSize, vocabSize } = config;
  const add = (name: string, shape: readonly number[], transposed = false) =>
    expected.set(name, { shape, transposed });
  const addNorm = (name: string, size: number) => {
    add(`${name}.weight`, [size]);
    if (decoder.norm === 'layer') add(`${name}.bias`, [size]);
  };
  add(`${names.embedding}.weight`, [vocabSize, hiddenSize]);
  if (names.positions && decoder.positions.kind === 'learned')
    add(`${names.positions}.weight`, [config.maxPositions + decoder.positions.offset, hiddenSize]);
  for (let layer = 0; layer < config.layers; layer++) {
    for (const name of blockNorms(config)) addNorm(inBlock(config, layer, name.name), name.size);
    for (const [role, shape] of linearShapes(config)) {
      const module = inBlock(config, layer, names.linear[role]!);
      add(`${module}.weight`, shape, decoder.transposed);
      if (decoder.biases.includes(role)) add(`${module}.bias`, [shape[0]]);
    }
  }
  addNorm(names.finalNorm, hiddenSize);
  if (!config.tied) add(`${names.head}.weight`, [vocabSize, hiddenSize]);
  if (decoder.biases.includes('head')) add(`${names.head}.bias`, [vocabSize]);
  return expected;
}

/** [out, in] of every linear module of a block, in the order of the forward pass. */
export function linearShapes(config: ModelConfig): Map<BlockRole, readonly [number, number]> {
  const { hiddenSize, intermediateSize, heads, kvHeads, headDim, names } = config;
  const [queries, keys] = [heads * headDim, kvHeads * headDim];
  const shapes: Record<BlockRole, readonly [number, number]> = {
    q: [queries, hiddenSize],
    k: [keys, hiddenSize],
    v: [keys, hiddenSize],
    qkv: [queries + 2 * keys, hiddenSize],
    o: [hiddenSize, queries],
    gate: [intermediateSize, hiddenSize],
    up: [intermediateSize, hiddenSize],
    down: [hiddenSize, intermediateSize],
  };
  const present = blockRoles.filter((role) => names.linear[role] !== undefined);
  return new Map(present.map((role) => [role, shapes[role]]));
}

const sized = (names: readonly (string | null | undefined)[], size: number) =>
  names.flatMap((name) => (name ? [{ name, size }] : []));

/** Norms of a block and how many values each has. */
export function blockNorms({ names, hiddenSize, headDim }: ModelConfig): { name: string; size: number }[] {
  const { attentionInput, attentionOutput, feedForwardInput, feedForwardOutput, query, key } = names.norms;
  const hidden = [attentionInput, attentionOutput, feedForwardInput, feedForwardOutput];
  return [...sized(hidden, hiddenSize), ...sized([query, key], headDim)];
}
