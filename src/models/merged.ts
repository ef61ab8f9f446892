import type { Graph } from '../graph/graph.ts';
import type { Tensor, TensorSpec } from '../graph/tensor.ts';
import { mergeWeight } from '../kernels/ops.ts';
import type { FloatDtype } from '../lib/half.ts';
import { adapterA, adapterB, gridName, maskName, type BaseForm, type ElasticPlan } from './elastic.ts';

export interface MergedOptions extends Pick<BaseForm, 'masked'> {
  readonly plan: ElasticPlan;
  readonly specOf: (name: string) => TensorSpec;
  readonly trainable?: boolean;
}

/** A merged weight: floats in the dtype that ships, or codes and the grid that they are on. */
export interface MergedWeight {
  readonly values: Tensor;
  readonly grid: Tensor | null;
}

/**
 * Appends the merged weight of an adapted module, W + s·(B_ρ A_ρ) ⊙ M as it ships (METHODS §7). Training, scoring and
 * the export all get it from here, so what ships is what was trained.
 */
export function mergedWeight(
  graph: Graph,
  module: string,
  limits: Tensor | null,
  { plan, masked, specOf, trainable = false }: MergedOptions,
): MergedWeight {
  const stored = (name: string) => {
    const { dtype, shape } = specOf(name);
    return graph.stored(name, dtype, shape);
  };
  const { rank, scale, group } = plan.adapters.get(module)!;
  const base = stored(`${module}.weight`);
  const [rows, columns] = base.shape as [number, number];
  const mask = masked.has(module) ? stored(maskName(module)) : null;
  const a = graph.stored(adapterA(module), 'f32', [rank, columns], trainable);
  const b = graph.stored(adapterB(module), 'f32', [rows, rank], trainable);
  const grid = plan.merge === 'quantized' ? stored(gridName(module)) : null;
  const dtype = grid ? 'i4' : (base.dtype as FloatDtype);
  const [values] = graph.apply(mergeWeight, [base, mask, a, b, limits, grid], { scale, group, dtype });
  return { values: values!, grid };
}
