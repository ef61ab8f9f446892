import { packNibbles } from '../../src/lib/nibbles.ts';
import { Random } from '../../src/lib/random.ts';
import type { MatmulShape } from '../matmul.ts';
import type { Family, Operands, WeightForm } from './contender.ts';

export interface Case {
  readonly group: string;
  readonly shape: MatmulShape;
  readonly family: Family;
  readonly form: WeightForm;
}

/** Seeded; W holds numbers that its form can hold exactly, so that all engines multiply the same. */
export function operandsOf({ shape, family, form }: Case): Operands {
  const [rows, inner, columns] = shape;
  const random = new Random(1);
  const x = Float32Array.from({ length: rows * inner }, () => random.normal());
  if (typeof form === 'object') return { shape, family, form, x, ...int4(shape, family, form.group, random) };
  const w = Float32Array.from({ length: inner * columns }, () => random.normal());
  if (form === 'bf16') new Uint32Array(w.buffer).forEach((bits, i, all) => (all[i] = bits & 0xffff0000));
  return { shape, family, form, x, w, int4: null, codes: null, grid: null };
}

/** A linear module's weight [out, in]: `nt` sums over in, `nn` over out. Groups run along in. */
function int4([, inner, columns]: MatmulShape, family: Family, group: number, random: Random) {
  const [out, inputs] = family === 'nt' ? [columns, inner] : [inner, columns];
  const groups = Math.ceil(inputs / group);
  const q = Uint8Array.from({ length: out * inputs }, () => random.integer(16));
  const scales = Float32Array.from({ length: out * groups }, () => 0.01 + 0.02 * random.next());
  const zeros = Uint8Array.from({ length: out * groups }, () => 6 + random.integer(4));
  const cell = (row: number, column: number) => row * groups + Math.floor(column / group);
  const value = (row: number, column: number) =>
    scales[cell(row, column)]! * (q[row * inputs + column]! - zeros[cell(row, column)]!);
  const w = Float32Array.from({ length: inner * columns }, (_, i) => {
    const [k, n] = [Math.floor(i / columns), i % columns];
    return family === 'nt' ? value(n, k) : value(k, n);
  });
  const codes = packNibbles(q, inputs);
  const grid = Float32Array.from({ length: out * groups * 2 }, (_, i) =>
    i % 2 === 0 ? scales[i >> 1]! : zeros[i >> 1]!,
  );
  const packed = { group, packed: codes, scales, zeros: nibbleRows(zeros, groups) };
  return { w, codes, grid, int4: family === 'nt' ? packed : null };
}

/** Two a byte, each row in whole bytes. */
function nibbleRows(values: Uint8Array, columns: number): Uint8Array<ArrayBuffer> {
  const across = Math.ceil(columns / 2);
  const rows = values.length / columns;
  return Uint8Array.from({ length: rows * across }, (_, i) => {
    const at = Math.floor(i / across) * columns + 2 * (i % across);
    const second = 2 * (i % across) + 1 < columns ? values[at + 1]! : 0;
    return values[at]! | (second << 4);
  });
}
