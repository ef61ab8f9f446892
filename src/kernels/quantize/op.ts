import type { Op } from '../../graph/op.ts';
import { matrixOf, sizeOf } from '../../graph/tensor.ts';
import codeCode from '../../../shaders/int4_code.wgsl?raw';
import gridCode from '../../../shaders/int4_grid.wgsl?raw';
import rowsCode from '../../../shaders/quantize_rows.wgsl?raw';
import { flag, flatIndex, threads, u32 } from '../dispatch.ts';
import { checkGrid, groupShift } from '../int4.ts';
import { scalarWeights } from '../weights.ts';
import { ruleNumber, type GridKind } from './grid.ts';
import { quantizeReference } from './op.reference.ts';

/**
 * Round-to-nearest INT4 (METHODS §6): each group of consecutive inputs of a row gets its (δ, z), each weight its code.
 * A zero or masked weight becomes q = z. The grid's shape says how wide groups are.
 * Inputs: codes i4 [out, in] and grid f32 [out, 2 · groups] (both stored, overwritten), W [out, in] f32, f16 or bf16,
 * mask u32 [out, ⌈in/32⌉] or null (1 keeps).
 */
export const quantizeRows: Op<GridKind> = {
  name: 'quantize-rows',
  inPlace: [0, 1],
  infer([codes, grid, w]) {
    checkGrid(codes!, grid!);
    if (codes!.dtype !== 'i4' || String(codes!.shape) !== String(w!.shape))
      throw new Error(
        `quantize-rows: ${codes!.dtype}[${codes!.shape.join()}] cannot hold the codes of [${w!.shape.join()}]`,
      );
    return [
      { dtype: 'i4', shape: codes!.shape },
      { dtype: 'f32', shape: grid!.shape },
    ];
  },
  reference: quantizeReference,
  dispatches({ inputs: [codes, grid, w, mask], attributes: { symmetric, rule } }) {
    const { rows, columns } = matrixOf(w!.shape);
    const groups = matrixOf(grid!.shape).columns / 2;
    return [
      {
        label: 'quantize rows',
        code: [flatIndex, scalarWeights(w!.dtype), codeCode, gridCode, rowsCode],
        uniforms: [
          u32(rows),
          u32(columns),
          u32(groups),
          u32(groupShift(columns, groups)),
          flag(symmetric),
          u32(ruleNumber(rule)),
          flag(mask),
        ],
        bindings: [mask ?? null, w!, codes!, grid!],
        workgroups: threads(rows * groups),
        work: sizeOf(w!.shape) * 8,
      },
    ];
  },
};
