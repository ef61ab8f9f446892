import { mergesInside } from '../../session/recipe.ts';
import type { Method } from '../../session/recipe.ts';

/** From simple to rich. */
export const methodOrder: readonly Method[] = [
  'lora',
  'lonas',
  'lonas-plus',
  'shears',
  'sqft',
  'sqft-sparsepeft',
  'sqft-qa-sparsepeft',
];

/** Of the open model: `F16` → `FP16`. The paper's is FP16, which stands for any until a model is open. */
export const floatName = (dtype: string | undefined): string =>
  /^B?F\d+$/.test(dtype ?? '') ? (dtype as string).replace(/^F/, 'FP') : 'FP16';

/** What is written to disk in the end, in a few words. */
export const ships: Record<Method, (float: string) => string> = {
  lora: (float) => `${float}, merged`,
  lonas: (float) => `${float}, sliced`,
  'lonas-plus': (float) => `${float}, fewer blocks`,
  shears: (float) => `sparse ${float} + adapter`,
  sqft: () => 'sparse INT4 + adapter',
  'sqft-sparsepeft': (float) => `sparse ${float}`,
  'sqft-qa-sparsepeft': () => 'INT4 only',
};

/** Whether an adapter is left over, and why. */
export const merging: Record<Method, string> = {
  lora: 'Mergeable on a dense base.',
  lonas: 'Mergeable: the merged weights are cut.',
  'lonas-plus': 'Mergeable: the merged weights are cut.',
  shears: 'Not mergeable: a dense adapter would fill the zeros.',
  sqft: 'Not mergeable: INT4 codes cannot hold the adapter.',
  'sqft-sparsepeft': 'Mergeable, without loss.',
  'sqft-qa-sparsepeft': 'Mergeable, without loss.',
};

/** Once merged, a sub-network's rank no longer costs anything. */
export const unmergedCost = (method: Method | undefined): boolean =>
  method !== undefined && mergesInside(method);

/** One model is left, and no adapter beside it. */
export const merges = (method: Method): boolean => method !== 'shears' && method !== 'sqft';
