import { Kept } from '../compression/merging/extent.ts';
import { exporterOf } from '../exporters/registry.ts';
import type { ExportFormat } from '../exporters/exporter.ts';
import { toFloat32, type FloatDtype } from '../lib/half.ts';
import { adapterA, adapterB, moduleShape } from '../models/elastic.ts';
import type { Runnable } from '../models/runnable.ts';
import type { Proof } from '../session/events.ts';
import type { Exportable } from './exported-model.ts';
import { roundoff, weightDtype, weightOf } from './proof-compare.ts';
import { mergeable } from './trained.ts';

/**
 * Dense adapters that were merged on the way out: each weight read back must be W + s·B·A of the network as trained, summed
 * in float64, within one rounding of each dtype that it went through. Where the logits' bound is that of a coarse dtype,
 * this is what finds an adapter that was left out. null where nothing was merged so.
 */
export async function compareMerged(
  { trained }: Exportable,
  network: Runnable,
  shipped: Runnable,
  format: ExportFormat,
): Promise<NonNullable<Proof['merged']> | null> {
  const merges = exporterOf(format).adapters === 'merged' && mergeable(trained);
  if (!merges || trained.plan.merge !== 'none' || network.plan.adapters.size === 0) return null;
  const kept = new Kept(network);
  const result = { compared: 0, equal: 0 };
  for (const owner of network.plan.adapters.keys()) {
    const renamed = kept.rename(owner);
    if (renamed === null) continue;
    const found = await weightOf(shipped, tensorOf(shipped, renamed));
    const [, stride] = moduleShape(shipped, renamed);
    const { rows, columns } = kept.extent(owner);
    const row = await mergedRows(network, owner, columns);
    const share = roundoff[weightDtype(network)] + roundoff[weightDtype(shipped)] + roundoff.f32;
    for (let i = 0; i < rows; i++) {
      const expected = row(i);
      for (let j = 0; j < columns; j++) {
        const difference = Math.abs(found[i * stride + j]! - expected[j]!);
        // Half precision's smallest step is 2⁻²⁴.
        if (difference <= share * Math.abs(expected[j]!) + 2 ** -24) result.equal++;
      }
    }
    result.compared += rows * columns;
  }
  return result;
}

/** A tied head is the embedding. */
const tensorOf = ({ config: { names, tied } }: Runnable, module: string) =>
  tied && module === names.head ? names.embedding : module;

/** Row i of W + s·B·A, its first `columns` numbers, in float64. */
async function mergedRows(
  network: Runnable,
  module: string,
  columns: number,
): Promise<(row: number) => Float64Array> {
  const { store, plan, limits } = network;
  const { rank, scale, group } = plan.adapters.get(module)!;
  const active = group === null ? rank : limits[group]!;
  const name = `${tensorOf(network, module)}.weight`;
  const w = toFloat32(await store.read(name), store.spec(name).dtype as FloatDtype);
  const a = new Float32Array((await store.read(adapterA(module))).buffer);
  const b = new Float32Array((await store.read(adapterB(module))).buffer);
  const [, inputs] = moduleShape(network, module);
  return (row) => {
    const sums = new Float64Array(columns);
    for (let k = 0; k < active; k++) {
      const factor = scale * b[row * rank + k]!;
      for (let j = 0; j < columns; j++) sums[j]! += factor * a[k * inputs + j]!;
    }
    return sums.map((sum, j) => w[row * inputs + j]! + sum);
  };
}
