import type { Store } from '../../backends/backend.ts';
import { fromFloat32, toFloat32, type FloatDtype } from '../../lib/half.ts';
import { adapterA, adapterB, maskName } from '../../models/elastic.ts';
import { layerOf } from '../../models/llama.ts';
import type { Runnable } from '../../models/runnable.ts';
import { applyMask, mergeAdapter, pad, prefix, type HostMatrix } from './matrix.ts';

/** One tensor of a finished model, in the dtype that ships; its bytes are made when they are asked for. */
export interface FinishedTensor {
  readonly name: string;
  readonly dtype: FloatDtype;
  readonly shape: readonly number[];
  readonly bytes: () => Promise<Uint8Array<ArrayBuffer>>;
}

export interface FinishedAdapter {
  readonly module: string;
  /** Active rank ρ and the alpha that keeps the scale α / r_max: `rank · scale`. */
  readonly rank: number;
  readonly alpha: number;
  readonly a: HostMatrix;
  readonly b: HostMatrix;
}

/** The FFN width that a sub-network keeps in each block. */
export function activeWidths({ store, config, plan, limits }: Runnable): number[] {
  return Array.from({ length: config.layers }, (_, layer) => {
    const group = plan.widths[layer] ?? null;
    return group === null
      ? store.spec(`model.layers.${layer}.mlp.gate_proj.weight`).shape[0]!
      : limits[group]!;
  });
}

export interface FinishOptions {
  /** Dense adapters become part of the weights, rounded once, to the file's own dtype. */
  readonly merge: boolean;
  /** FFN widths are padded with zeros up to this one, for loaders that know only one width. */
  readonly padWidth?: number;
}

/** The base weights of a sub-network as they ship: element masks applied, FFN channels really cut. */
export function finishedTensors(
  model: Runnable,
  names: Iterable<string>,
  options: FinishOptions,
): FinishedTensor[] {
  return [...names].map((name) => {
    const { dtype, shape } = model.store.spec(name);
    const module = name.replace(/\.(weight|bias)$/, '');
    const whole = { rows: shape[0]!, columns: shape[1] ?? 1 };
    const cut = activeShape(model, module, whole, name);
    const shipped = paddedShape(module, name, cut, options.padWidth);
    return {
      name,
      dtype: dtype as FloatDtype,
      shape: shape.length === 1 ? [shipped.rows] : [shipped.rows, shipped.columns],
      bytes: async () => {
        const bytes = (await model.store.read(name)).slice(
          0,
          whole.rows * whole.columns * (dtype === 'f32' ? 4 : 2),
        );
        if (!module.endsWith('_proj')) return bytes;
        const finished = await finishModule(
          model,
          name,
          module,
          { ...whole, data: toFloat32(bytes, dtype as FloatDtype) },
          cut,
          options.merge,
        );
        return fromFloat32(pad(finished, shipped.rows, shipped.columns).data, dtype as FloatDtype);
      },
    };
  });
}

interface Extent {
  readonly rows: number;
  readonly columns: number;
}

async function finishModule(
  model: Runnable,
  name: string,
  module: string,
  whole: HostMatrix,
  cut: Extent,
  merge: boolean,
): Promise<HostMatrix> {
  if (name.endsWith('.bias')) return prefix(whole, cut.rows, 1);
  const masked = model.masked.has(module) ? applyMask(whole, await readMask(model.store, module)) : whole;
  const kept = prefix(masked, cut.rows, cut.columns);
  const adapter = merge ? await finishedAdapter(model, module) : null;
  return adapter ? mergeAdapter(kept, adapter.a, adapter.b, adapter.alpha / adapter.rank) : kept;
}

/** The active part of a module's adapter; null where it has none, or rank 0. */
export async function finishedAdapter(model: Runnable, module: string): Promise<FinishedAdapter | null> {
  const plan = model.plan.adapters.get(module);
  if (!plan) return null;
  const rank = plan.group === null ? plan.rank : model.limits[plan.group]!;
  if (rank === 0) return null;
  const [out, input] = model.store.spec(`${module}.weight`).shape as [number, number];
  const { rows, columns } = activeShape(model, module, { rows: out, columns: input });
  const a = await readMatrix(model.store, adapterA(module));
  const b = await readMatrix(model.store, adapterB(module));
  return { module, rank, alpha: rank * plan.scale, a: prefix(a, rank, columns), b: prefix(b, rows, rank) };
}

/** Rows and columns of a module (or of `name`, its bias) that a sub-network keeps. */
export function activeShape(
  model: Runnable,
  module: string,
  whole: Extent,
  name = `${module}.weight`,
): Extent {
  const width = activeWidths(model)[layerOf(module)]!;
  if (/\.(gate|up)_proj$/.test(module)) return { rows: width, columns: whole.columns };
  return module.endsWith('.down_proj') && name.endsWith('.weight')
    ? { rows: whole.rows, columns: width }
    : whole;
}

/** The same, padded to one FFN width for all layers where that is given. */
export function paddedShape(module: string, name: string, cut: Extent, width: number | undefined): Extent {
  if (width === undefined) return cut;
  if (/\.(gate|up)_proj$/.test(module)) return { ...cut, rows: width };
  return module.endsWith('.down_proj') && name.endsWith('.weight') ? { ...cut, columns: width } : cut;
}

async function readMatrix(store: Store, name: string): Promise<HostMatrix> {
  const [rows, columns] = store.spec(name).shape as [number, number];
  return { rows, columns, data: new Float32Array((await store.read(name)).buffer) };
}

async function readMask(store: Store, module: string): Promise<Uint32Array> {
  return new Uint32Array((await store.read(maskName(module))).buffer);
}
