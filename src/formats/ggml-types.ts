/**
 * The tensor types of ggml that Pare reads, and the names of those that it does not.
 * (ggml-org/llama.cpp, `ggml/include/ggml.h` enum ggml_type; sizes of the blocks in `ggml/src/ggml-common.h`.)
 */

interface GgmlForm {
  /** As ggml's enum has it in a file. */
  readonly id: number;
  /** Consecutive elements of a row that are stored together, and their bytes. */
  readonly block: number;
  readonly bytes: number;
}

export const ggmlForms = {
  F32: { id: 0, block: 1, bytes: 4 },
  F16: { id: 1, block: 1, bytes: 2 },
  Q4_0: { id: 2, block: 32, bytes: 18 },
  Q4_1: { id: 3, block: 32, bytes: 20 },
  Q5_0: { id: 6, block: 32, bytes: 22 },
  Q5_1: { id: 7, block: 32, bytes: 24 },
  Q8_0: { id: 8, block: 32, bytes: 34 },
  Q4_K: { id: 12, block: 256, bytes: 144 },
  Q5_K: { id: 13, block: 256, bytes: 176 },
  Q6_K: { id: 14, block: 256, bytes: 210 },
  BF16: { id: 30, block: 1, bytes: 2 },
} as const satisfies Record<string, GgmlForm>;

export type GgmlType = keyof typeof ggmlForms;

const readable = new Map<number, GgmlType>(
  Object.entries(ggmlForms).map(([name, { id }]) => [id, name as GgmlType]),
);

const others: Readonly<Record<number, string>> = {
  9: 'Q8_1',
  10: 'Q2_K',
  11: 'Q3_K',
  15: 'Q8_K',
  16: 'IQ2_XXS',
  17: 'IQ2_XS',
  18: 'IQ3_XXS',
  19: 'IQ1_S',
  20: 'IQ4_NL',
  21: 'IQ3_S',
  22: 'IQ2_S',
  23: 'IQ4_XS',
  24: 'I8',
  25: 'I16',
  26: 'I32',
  27: 'I64',
  28: 'F64',
  29: 'IQ1_M',
  34: 'TQ1_0',
  35: 'TQ2_0',
  39: 'MXFP4',
};

/** The type of that number in a file, if Pare reads it. */
export const ggmlTypeOf = (id: number): GgmlType | undefined => readable.get(id);

/** What to call a type that Pare does not read. */
export const foreignType = (id: number): string => others[id] ?? `number ${id}`;

/** Bytes of a tensor; `shape` is [..., row], and the block divides the row. */
export function ggmlBytes(type: GgmlType, shape: readonly number[]): number {
  const { block, bytes } = ggmlForms[type];
  return shape.reduce<number>((product, extent) => product * extent, bytes / block);
}
