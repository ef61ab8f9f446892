import { z } from 'zod';
import type { BaseForm } from '../models/elastic.ts';
import { PareError } from '../lib/assert.ts';
import type { DType } from '../graph/tensor.ts';
import { blockModules } from '../models/structure.ts';
import { applyOrder, orderKey, type Unit } from '../compression/ordering/order.ts';
import type { SavedTensor } from '../session/checkpoint.ts';
import type { LoadedModel } from './model.ts';

/** What compression made of a base, as a checkpoint holds it; the masks, codes and grids are beside it as tensors. */
export const compressedSchema = z.strictObject({
  masked: z.array(z.string().max(300)).max(100_000),
  quantized: z.array(z.string().max(300)).max(100_000),
  /** New unit i is old unit `order[i]`, by `orderKey`. */
  orders: z.array(z.tuple([z.string().max(40), z.array(z.int().min(0)).max(1_000_000)])).max(2048),
});
export type Compressed = z.infer<typeof compressedSchema>;

/** Tensors that outlive compression. */
const left = /\.(mask|codes|grid|weight)$/;

/** Names that have come into the store since `before`, without working memory such as rotary tables. */
export function leftSince({ store }: LoadedModel, before: ReadonlySet<string>): string[] {
  return store.names().filter((name) => !before.has(name) && left.test(name));
}

export const compressedOf = (model: LoadedModel, { masked, quantized }: BaseForm): Compressed => ({
  masked: [...masked],
  quantized: [...quantized],
  orders: [...model.orders].map(([key, order]) => [key, [...order]]),
});

/** Puts channels and heads into the recorded order, unless they are in it already, and checks that all of it is the model's. */
export async function baseOf(
  model: LoadedModel,
  { masked, quantized, orders }: Compressed,
): Promise<BaseForm> {
  const modules = new Set(modulesOf(model));
  const unknown = [...masked, ...quantized].find((module) => !modules.has(module));
  if (unknown !== undefined) throw foreign(unknown);
  if (model.orders.size === 0) {
    for (const [key, order] of orders) {
      const [layer, unit] = key.split('.') as [string, string];
      requireOrder(model, key, Number(layer), unit, order);
      await applyOrder(model, Number(layer), unit as Unit, order);
    }
  }
  return { masked: new Set(masked), quantized: new Set(quantized) };
}

const modulesOf = ({ config }: LoadedModel): string[] =>
  Array.from({ length: config.layers }, (_, layer) => blockModules(config, layer)).flat();

function requireOrder(
  { config }: LoadedModel,
  key: string,
  layer: number,
  unit: string,
  order: readonly number[],
): void {
  const units = { channels: config.intermediateSize, heads: config.kvHeads }[unit];
  const known = key === orderKey(layer, unit as Unit) && layer >= 0 && layer < config.layers;
  const permutes = order.length === units && new Set(order).size === units && Math.max(...order) < units;
  if (!known || !permutes) throw foreign(`the order of ${key}`);
}

/** Highest rank that a recipe allows. */
const mostRank = 512;
const isRank = (extent: number) => extent >= 1 && extent <= mostRank;

interface Extents {
  readonly dtype: DType;
  readonly height: number;
  readonly width: number;
  /** [out, in] features of the module. */
  readonly rows: number;
  readonly columns: number;
}

/** What each kind of tensor must look like. */
const kinds: Record<string, (extents: Extents) => boolean> = {
  'lora_A.weight': ({ dtype, height, width, columns }) =>
    dtype === 'f32' && width === columns && isRank(height),
  'lora_B.weight': ({ dtype, height, width, rows }) => dtype === 'f32' && height === rows && isRank(width),
  mask: ({ dtype, height, width, rows, columns }) =>
    dtype === 'u32' && height === rows && width === Math.ceil(columns / 32),
  codes: ({ dtype, height, width, rows, columns }) => dtype === 'i4' && height === rows && width === columns,
  grid: ({ dtype, height, width, rows, columns }) =>
    dtype === 'f32' && height === rows && width >= 2 && width % 2 === 0 && width <= 2 * columns,
  weight: ({ dtype, height, width, rows, columns }) =>
    dtype === 'f32' && height === rows && width === columns,
};

/** Throws where a checkpoint's tensor is none that a run on this model leaves. */
export function requireOwnTensor(model: LoadedModel, name: string, { dtype, shape }: SavedTensor): void {
  const [, module = '', kind = '', moment] =
    /^(.+?)\.(lora_[AB]\.weight|mask|codes|grid|weight)(\.moment[12])?$/.exec(name) ?? [];
  const extents = extentsOf(model, module);
  const [height = 0, width = 0] = shape;
  const fits = extents && shape.length === 2 && kinds[kind]?.({ dtype, height, width, ...extents });
  // Only adapters are trained, and only where a model came as INT4 is a float weight made.
  const has = kind === 'weight' ? model.quantized.has(module) : !moment || kind.startsWith('lora_');
  if (!fits || !has) throw foreign(name);
}

function extentsOf(
  { structure, config }: LoadedModel,
  module: string,
): Pick<Extents, 'rows' | 'columns'> | null {
  const shape = structure.modules.find(({ name }) => name === module)?.shape;
  if (shape) return { rows: shape[0], columns: shape[1] };
  return module === config.names.embedding ? { rows: config.vocabSize, columns: config.hiddenSize } : null;
}

function foreign(what: string): PareError {
  return new PareError(
    'checkpoint-foreign',
    `The session holds ${what.slice(0, 200)}, which does not belong to this model.`,
    'Open the model that the session was made with.',
  );
}
