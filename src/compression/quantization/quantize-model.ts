import { quantizeRows } from '../../kernels/ops.ts';
import type { GridKind } from '../../kernels/quantize/grid.ts';
import { codesName, gridName, maskName } from '../../models/elastic.ts';
import { blockModules } from '../../models/llama.ts';
import { walkBlocks, type Calibration } from '../pruning/block-walk.ts';
import { allocateCodes } from './codes.ts';
import { compensateModule, factorInStore } from './gptq.ts';
import { measureHessians } from './hessian.ts';
import { withProgram } from './programs.ts';

export interface QuantizeOptions extends GridKind {
  readonly method: 'rtn' | 'gptq';
  /** Consecutive inputs that share δ and z. */
  readonly group: 32 | 64 | 128;
  /** GPTQ: share of the Hessian's mean diagonal that is added to the diagonal. */
  readonly damping: number;
  /** GPTQ: within a block too, a module is measured on the quantized output of those before it (published). */
  readonly sequential?: boolean;
}

/**
 * Quantizes every linear module of every block to INT4 (METHODS §6). The weights stay as they are; codes and grid
 * (`<module>.codes`, `<module>.grid`) lie beside them, with the masks' zeros in them. Returns the quantized modules.
 * Embedding and head are never quantized. Round-to-nearest looks at no calibration batch.
 */
export async function quantizeModel(
  calibration: Calibration,
  options: QuantizeOptions,
  masked: ReadonlySet<string>,
): Promise<Set<string>> {
  return options.method === 'gptq'
    ? quantizeByGptq(calibration, options, masked)
    : quantizeByRounding(calibration, options, masked);
}

/** All modules of a block are quantized from one forward, then the block is run again and feeds the next one. */
async function quantizeByGptq(
  calibration: Calibration,
  options: QuantizeOptions,
  masked: ReadonlySet<string>,
): Promise<Set<string>> {
  const { store } = calibration;
  const quantized = new Set<string>();
  await walkBlocks(calibration, async (walk, layer) => {
    for (const modules of stages(layer, options)) {
      const shared = await measureHessians(calibration, walk, layer, modules, { masked, quantized });
      for (const [factor, own] of shared) {
        await factorInStore(calibration, factor, walk.sequences, options.damping);
        for (const module of own) {
          await compensateModule(calibration, module, { ...options, factor, masked: masked.has(module) });
          quantized.add(module);
        }
        store.remove(factor);
      }
    }
    return { masked, quantized };
  });
  return quantized;
}

/** The modules of a block that are measured at the same time. */
function stages(layer: number, { sequential }: QuantizeOptions): string[][] {
  const modules = blockModules(layer);
  if (!sequential) return [modules];
  const [q, k, v, o, gate, up, down] = modules as [string, string, string, string, string, string, string];
  return [[q, k, v], [o], [gate, up], [down]];
}

async function quantizeByRounding(
  calibration: Calibration,
  options: QuantizeOptions,
  masked: ReadonlySet<string>,
): Promise<Set<string>> {
  const { config, pacer, onBlock } = calibration;
  const quantized = new Set<string>();
  for (let layer = 0; layer < config.layers; layer++) {
    for (const module of blockModules(layer)) {
      await roundModule(calibration, module, options, masked.has(module));
      quantized.add(module);
    }
    await pacer.rest();
    onBlock?.();
  }
  return quantized;
}

async function roundModule(
  calibration: Calibration,
  module: string,
  { group, symmetric, rule }: QuantizeOptions,
  masked: boolean,
): Promise<void> {
  const { store, pacer } = calibration;
  allocateCodes(store, module, group);
  await store.settled();
  await withProgram(
    calibration,
    (graph, stored) => {
      const operands = [codesName(module), gridName(module), `${module}.weight`].map(stored);
      const mask = masked ? stored(maskName(module)) : null;
      graph.apply(quantizeRows, [...operands, mask], { symmetric, rule });
    },
    async (program) => {
      program.run();
      await pacer.ran(program.work);
    },
  );
}
