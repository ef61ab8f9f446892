/**
 * INT4 weights as com.microsoft `MatMulNBits` takes them: Y = X·Ŵᵀ with Ŵ [N, K] in blocks along K. B is
 * [N, blocks, block / 2], two codes to a byte, low nibble first; scales [N, blocks]; zero points [N, ⌈blocks / 2⌉], packed
 * likewise. Source: onnxruntime, docs/ContribOperators.md.
 */

/** Blocks that every runtime computes: powers of two from 16 on; ONNX Runtime makes zeros of 512 (its issue 28551). */
const smallestBlock = 16;
const largestBlock = 256;

/**
 * Inputs a block for groups of `group` inputs (null: a row is one group): the largest that no border of groups divides.
 * null: there is none, since the groups are not multiples of 16.
 */
export function blockSize(group: number | null, inputs: number): number | null {
  const whole = group === null || group >= inputs;
  // A row of one group may be cut anywhere; what is beyond its end does not count.
  const fits = (block: number) => (whole ? block < 2 * inputs : group % block === 0);
  for (let block = largestBlock; block >= smallestBlock; block /= 2) if (fits(block)) return block;
  return whole ? smallestBlock : null;
}

export interface NBits {
  readonly block: number;
  /** ⌈K / block⌉. */
  readonly blocks: number;
}

export function nbitsOf(group: number | null, inputs: number): NBits | null {
  const block = blockSize(group, inputs);
  return block === null ? null : { block, blocks: Math.ceil(inputs / block) };
}

/** Bytes of a row of codes as Pare packs them (lib/nibbles.ts). */
const rowBytes = (inputs: number) => Math.ceil(inputs / 8) * 4;

/** B of a module [out, inputs], from codes as Pare packs them. What fills the last block is 0. */
export function packBlocks(
  codes: Uint8Array,
  out: number,
  inputs: number,
  { block, blocks }: NBits,
): Uint8Array<ArrayBuffer> {
  const stride = (blocks * block) / 2;
  const used = Math.ceil(inputs / 2);
  const packed = new Uint8Array(out * stride);
  for (let row = 0; row < out; row++) {
    const from = row * rowBytes(inputs);
    packed.set(codes.subarray(from, from + used), row * stride);
  }
  return packed;
}

/** Codes as Pare packs them, from B. */
export function unpackBlocks(
  packed: Uint8Array,
  out: number,
  inputs: number,
  { block, blocks }: NBits,
): Uint8Array<ArrayBuffer> {
  const stride = (blocks * block) / 2;
  const used = Math.ceil(inputs / 2);
  const codes = new Uint8Array(out * rowBytes(inputs));
  for (let row = 0; row < out; row++)
    codes.set(packed.subarray(row * stride, row * stride + used), row * rowBytes(inputs));
  return codes;
}

/** Scales [out, blocks] and zero points (packed) of a grid [out, groups] of pairs (δ, z). */
export function packGrid(
  grid: Float32Array,
  out: number,
  groups: number,
  group: number | null,
  { block, blocks }: NBits,
): { scales: Float32Array<ArrayBuffer>; zeros: Uint8Array<ArrayBuffer> } {
  const scales = new Float32Array(out * blocks);
  const stride = Math.ceil(blocks / 2);
  const zeros = new Uint8Array(out * stride);
  for (let row = 0; row < out; row++) {
    for (let index = 0; index < blocks; index++) {
      const at = 2 * (row * groups + (group === null ? 0 : Math.floor((index * block) / group)));
      scales[row * blocks + index] = grid[at]!;
      zeros[row * stride + (index >> 1)]! |= grid[at + 1]! << (4 * (index & 1));
    }
  }
  return { scales, zeros };
}

/** Pairs (δ, z), [out, blocks]; without zero points they are 8. */
export function unpackGrid(
  scales: Float32Array,
  zeros: Uint8Array | null,
  out: number,
  { blocks }: NBits,
): Float32Array<ArrayBuffer> {
  const grid = new Float32Array(2 * out * blocks);
  const stride = Math.ceil(blocks / 2);
  for (let row = 0; row < out; row++) {
    for (let index = 0; index < blocks; index++) {
      const at = row * blocks + index;
      grid[2 * at] = scales[at]!;
      grid[2 * at + 1] = zeros ? (zeros[row * stride + (index >> 1)]! >> (4 * (index & 1))) & 15 : 8;
    }
  }
  return grid;
}
