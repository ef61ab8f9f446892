import type { NoAttributes, Op } from '../../graph/op.ts';
import { matrixOf, sizeOf, type TensorSpec } from '../../graph/tensor.ts';
import codeCode from '../../../shaders/int4_code.wgsl?raw';
import gridCode from '../../../shaders/int4_grid.wgsl?raw';
import loadCode from '../../../shaders/gptq_load.wgsl?raw';
import spreadCode from '../../../shaders/gptq_spread.wgsl?raw';
import sweepCode from '../../../shaders/gptq_sweep.wgsl?raw';
import { flag, flatIndex, threads, u32 } from '../dispatch.ts';
import { checkGrid, groupShift } from '../int4.ts';
import { ruleNumber, type GridKind } from '../quantize/grid.ts';
import { scalarWeights } from '../weights.ts';
import { spans } from '../work.ts';
import { loadReference, spreadReference, sweepReference } from './op.reference.ts';

/*
 * GPTQ (Frantar et al. 2022, algorithm 1) in three ops over a working copy of the weight, transposed: f32 [in, out₄],
 * out₄ being out rounded up to a multiple of 4. `factor` is U, f32 [in, in], the upper Cholesky factor of the inverse
 * Hessian; a diagonal of 0 marks an input that calibration never saw. Columns go in blocks; the first column of the
 * block is an input, so one program is replayed for all of them.
 */

/** out₄ */
export const paddedRows = (rows: number) => Math.ceil(rows / 4) * 4;

/** The working copy of W. Inputs: held [in, out₄] (stored, overwritten), W [out, in] f32, f16 or bf16, factor. */
export const gptqLoad: Op<NoAttributes> = {
  name: 'gptq-load',
  inPlace: [0],
  infer: ([held]) => [{ dtype: 'f32', shape: held!.shape }],
  reference: loadReference,
  dispatches({ inputs: [held, w, factor] }) {
    const { rows, columns } = matrixOf(w!.shape);
    return [
      {
        label: 'gptq load',
        code: [flatIndex, scalarWeights(w!.dtype), loadCode],
        uniforms: [u32(rows), u32(columns), u32(paddedRows(rows))],
        bindings: [factor!, w!, held!],
        workgroups: threads(sizeOf(held!.shape)),
        work: sizeOf(held!.shape),
      },
    ];
  },
};

/**
 * Rounds the columns of a block in order, each after it has taken the errors of those before it in the block. A group's
 * grid comes from its weights as earlier blocks left them: with blocks of 128, AutoGPTQ's way; with blocks of a group,
 * the updated weights at the group's first column. Masked weights take no error, are zero and pass none on.
 * Inputs: codes i4 [out, in], grid f32 [out, 2 · groups], errors f32 [block, out₄] (all stored, overwritten), held,
 * factor, mask u32 [out, ⌈in/32⌉] or null, begin i32 [1].
 * Source: AutoGPTQ auto_gptq/quantization/gptq.py, `GPTQ.fasterquant`.
 */
export const gptqSweep: Op<GridKind> = {
  name: 'gptq-sweep',
  inPlace: [0, 1, 2],
  infer(inputs) {
    const [codes, grid, errors] = inputs as TensorSpec[];
    checkGrid(codes!, grid!);
    if (errors!.shape[0]! % 8 !== 0) throw new Error('gptq-sweep: a block is whole words of codes');
    return [codes!, grid!, errors!].map(({ dtype, shape }) => ({ dtype, shape }));
  },
  reference: sweepReference,
  dispatches({ inputs: [codes, grid, errors, held, factor, mask, begin], attributes: { symmetric, rule } }) {
    const { rows, columns } = matrixOf(codes!.shape);
    const [block, stride] = errors!.shape as [number, number];
    const groups = matrixOf(grid!.shape).columns / 2;
    return [
      {
        label: `gptq sweep ${rows}×${block}`,
        code: [flatIndex, codeCode, gridCode, sweepCode],
        uniforms: [
          u32(rows),
          u32(columns),
          u32(stride),
          u32(block),
          u32(groups),
          u32(groupShift(columns, groups)),
          flag(symmetric),
          u32(ruleNumber(rule)),
          flag(mask),
        ],
        bindings: [mask ?? null, factor!, held!, begin!, codes!, grid!, errors!],
        workgroups: threads(rows),
        work: rows * block * (block / 2 + 8),
      },
    ];
  },
};

/** Takes a block's errors, weighted by the factor, from all columns after it. Inputs: held (stored), factor, errors, begin. */
export const gptqSpread: Op<NoAttributes> = {
  name: 'gptq-spread',
  inPlace: [0],
  infer: ([held]) => [{ dtype: 'f32', shape: held!.shape }],
  reference: spreadReference,
  dispatches({ inputs: [held, factor, errors, begin] }) {
    const [columns, stride] = held!.shape as [number, number];
    const block = errors!.shape[0]!;
    const quads = stride / 4;
    return spans(columns, 32, block * stride).map(({ first, end }) => ({
      label: `gptq spread ${end - first}×${block}×${stride}`,
      code: [spreadCode],
      uniforms: [u32(columns), u32(quads), u32(block), u32(first), u32(end)],
      bindings: [factor!, errors!, begin!, held!],
      workgroups: [Math.ceil(quads / 8), Math.ceil((end - first) / 32), 1],
      work: (end - first) * block * stride,
    }));
  },
};
