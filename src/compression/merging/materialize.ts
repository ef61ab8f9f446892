import type { Store } from '../../backends/backend.ts';
import { bytesOf, matrixOf } from '../../graph/tensor.ts';
import { floatBytes, fromFloat32, toFloat32, type FloatDtype } from '../../lib/half.ts';
import { packNibbles } from '../../lib/nibbles.ts';
import { adapterA, adapterB, codesName, gridName, maskName, moduleShape } from '../../models/elastic.ts';
import type { Runnable } from '../../models/runnable.ts';
import { isInBlock, moduleOf, roleOf } from '../../models/structure.ts';
import { Kept, type Extent } from './extent.ts';
import { applyMask, mergeAdapter, pad, prefix, type HostMatrix } from './matrix.ts';
import { readMergedWeight } from './merged.ts';

/** One tensor of a finished model, in the dtype that ships; its bytes are made when they are asked for. */
export interface FinishedTensor {
  readonly name: string;
  readonly dtype: FloatDtype;
  readonly shape: readonly number[];
  readonly bytes: () => Promise<Uint8Array<ArrayBuffer>>;
}

/** A module that ships as INT4: packed codes [out, in] and their grid [out, 2 · groups] (`kernels/int4.ts`). */
export interface FinishedCodes {
  readonly module: string;
  readonly shape: readonly [rows: number, columns: number];
  readonly groups: number;
  readonly codes: () => Promise<Uint8Array<ArrayBuffer>>;
  readonly grid: () => Promise<Float32Array<ArrayBuffer>>;
}

export interface FinishedAdapter {
  /** As in the finished model. */
  readonly module: string;
  /** Active rank ρ and the alpha that keeps the scale α / r_max: `rank · scale`. */
  readonly rank: number;
  readonly alpha: number;
  readonly a: HostMatrix;
  readonly b: HostMatrix;
}

export interface FinishOptions {
  /** Adapters become part of the weights: dense ones are added and rounded once, to the file's own dtype. */
  readonly merge: boolean;
  /** Blocks are padded with zeros to the sizes of the largest, for loaders that know only one size. */
  readonly pad?: boolean;
}

/** Float tensors of a sub-network as they ship: masks applied, channels and heads cut, removed blocks left out. */
export function finishedTensors(
  model: Runnable,
  names: Iterable<string>,
  options: FinishOptions,
): FinishedTensor[] {
  const kept = new Kept(model);
  return [...names].flatMap((name) => {
    const module = moduleOf(name);
    const renamed = kept.rename(name);
    if (renamed === null || (model.quantized.has(module) && name.endsWith('.weight'))) return [];
    const { dtype, shape } = model.store.spec(name);
    const shipped = options.pad ? kept.padded(module) : kept.extent(module);
    const finished: FinishedTensor = {
      name: renamed,
      dtype: dtype as FloatDtype,
      shape: shape.length === 1 ? [shipped.rows] : [shipped.rows, shipped.columns],
      bytes: async () => {
        const bytes = (await model.store.read(name)).slice(0, bytesInFile(dtype as FloatDtype, shape));
        if (!isChanged(model, module, options)) return bytes;
        const columns = shape[1] ?? 1;
        const whole = { rows: shape[0]!, columns, data: toFloat32(bytes, dtype as FloatDtype) };
        const matrix = name.endsWith('.bias')
          ? prefix(whole, kept.extent(module).rows, 1)
          : await finishWeight(model, module, whole, { kept: kept.extent(module), merge: options.merge });
        const width = name.endsWith('.bias') ? 1 : shipped.columns;
        return fromFloat32(pad(matrix, shipped.rows, width).data, dtype as FloatDtype);
      },
    };
    return [finished];
  });
}

/** Bytes without the device's padding. */
const bytesInFile = (dtype: FloatDtype, shape: readonly number[]) =>
  shape.reduce((product, extent) => product * extent, 1) * floatBytes[dtype];

/** Norms never change; embedding and head only where an adapter is merged into them. */
function isChanged(model: Runnable, module: string, { merge }: FinishOptions): boolean {
  return (
    (isInBlock(model.config, module) && roleOf(model.config, module) !== undefined) ||
    (merge && adapterOf(model, module) !== undefined)
  );
}

/** The adapter of a weight: a tied embedding's is the head's. */
function adapterOf({ plan, config }: Runnable, module: string): string | undefined {
  const { names, tied } = config;
  const owner = tied && module === names.embedding ? names.head : module;
  return plan.adapters.has(owner) ? owner : undefined;
}

async function finishWeight(
  model: Runnable,
  module: string,
  whole: HostMatrix,
  { kept, merge }: { kept: Extent; merge: boolean },
): Promise<HostMatrix> {
  const owner = adapterOf(model, module);
  if (owner !== undefined && model.plan.merge === 'masked') {
    return prefix({ ...whole, data: await readMergedWeight(model, module) }, kept.rows, kept.columns);
  }
  const masked = model.masked.has(module) ? applyMask(whole, await readMask(model.store, module)) : whole;
  const cut = prefix(masked, kept.rows, kept.columns);
  const adapter = merge && owner !== undefined ? await readAdapter(model, owner, kept) : null;
  return adapter ? mergeAdapter(cut, adapter.a, adapter.b, adapter.alpha / adapter.rank) : cut;
}

/** Modules of a sub-network that ship as INT4. Widths and heads of such a model are never cut. */
export function finishedCodes(model: Runnable): FinishedCodes[] {
  const { store, plan, quantized } = model;
  return [...quantized].map((module) => {
    const shape = moduleShape(model, module);
    const merged = plan.merge === 'quantized' && plan.adapters.has(module);
    return {
      module,
      shape,
      groups: store.spec(gridName(module)).shape[1]! / 2,
      codes: async () =>
        merged
          ? packNibbles(await readMergedWeight(model, module), shape[1])
          : (await store.read(codesName(module))).slice(0, bytesOf({ dtype: 'i4', shape })),
      grid: async () => {
        const { rows, columns } = matrixOf(store.spec(gridName(module)).shape);
        return new Float32Array((await store.read(gridName(module))).buffer, 0, rows * columns);
      },
    };
  });
}

/** Adapters that stay beside the weights, at their active ranks; none where they have been merged. */
export async function finishedAdapter(model: Runnable, module: string): Promise<FinishedAdapter | null> {
  const kept = new Kept(model);
  const renamed = kept.rename(module);
  return renamed === null
    ? null
    : { ...(await readAdapter(model, module, kept.extent(module))), module: renamed };
}

/** The active rank of an adapter. */
export function activeRank({ plan, limits }: Runnable, module: string): number {
  const { rank, group } = plan.adapters.get(module)!;
  return group === null ? rank : limits[group]!;
}

async function readAdapter(
  model: Runnable,
  module: string,
  { rows, columns }: Extent,
): Promise<FinishedAdapter> {
  const rank = activeRank(model, module);
  const { scale } = model.plan.adapters.get(module)!;
  const a = await readMatrix(model.store, adapterA(module));
  const b = await readMatrix(model.store, adapterB(module));
  return { module, rank, alpha: rank * scale, a: prefix(a, rank, columns), b: prefix(b, rows, rank) };
}

async function readMatrix(store: Store, name: string): Promise<HostMatrix> {
  const [rows, columns] = store.spec(name).shape as [number, number];
  return { rows, columns, data: new Float32Array((await store.read(name)).buffer) };
}

async function readMask(store: Store, module: string): Promise<Uint32Array> {
  return new Uint32Array((await store.read(maskName(module))).buffer);
}
