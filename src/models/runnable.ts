import type { Backend, Store } from '../backends/backend.ts';
import type { ModelConfig } from '../formats/model-config.ts';
import { denseBase, plainPlan, type BaseForm, type ElasticPlan } from './elastic.ts';
import type { DecoderOptions } from './decoder.ts';
import { ensureRope } from './weights.ts';

/** A model on a device, as it is to be run: which adapters, masks and active sizes apply. */
export interface Runnable extends BaseForm {
  readonly backend: Backend;
  readonly store: Store;
  readonly config: ModelConfig;
  readonly plan: ElasticPlan;
  /** Active sizes by column of the plan's limits; every sequence gets the same ones. */
  readonly limits: readonly number[];
}

/** The weights in the store, nothing else. */
export function plainModel(backend: Backend, store: Store, config: ModelConfig): Runnable {
  return { backend, store, config, plan: plainPlan(config.layers), ...denseBase, limits: [] };
}

/** Decoder options for batches of this shape. */
export function decoderOptions(
  { store, config, plan, masked, quantized }: Runnable,
  sequences: number,
  length: number,
  positions = length,
): DecoderOptions {
  return {
    sequences,
    length,
    plan,
    masked,
    quantized,
    specOf: (name) => store.spec(name),
    ropePositions: ensureRope(store, config, positions),
  };
}

/** One row of limits for each sequence. */
export function repeatLimits(limits: readonly number[], sequences: number): Int32Array {
  return Int32Array.from({ length: limits.length * sequences }, (_, i) => limits[i % limits.length]!);
}
