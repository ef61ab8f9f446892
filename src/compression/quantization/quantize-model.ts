import type { Shape, TensorSpec } from '../../graph/tensor.ts';
import { quantizeRows } from '../../kernels/ops.ts';
import type { GridKind } from '../../kernels/quantize/grid.ts';
import { codesName, gridName, maskName } from '../../models/elastic.ts';
import type { ModelConfig } from '../../formats/model-config.ts';
import { blockModules, roleOf, type ModuleRole } from '../../models/structure.ts';
import { walkBlocks, type Calibration } from '../pruning/block-walk.ts';
import { allocateCodes } from './codes.ts';
import { compensateModule, factorInStore, workingSpecs } from './gptq.ts';
import { hessianSpec, measureHessians } from './hessian.ts';
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

/**
 * What GPTQ holds in the store beside codes and grids, module by module of a block. What was measured of a stage lies
 * there until the modules that it is for are through: all of a block's, where that is not `sequential`, since to measure
 * one input after the other would take a forward each and spare little beside the widest, that of `down`.
 */
export function gptqMoments(
  config: ModelConfig,
  layer: number,
  shapeOf: (module: string) => Shape,
  options: QuantizeOptions,
): TensorSpec[][] {
  const measure = ([module]: readonly string[]) => hessianSpec(shapeOf(module!)[1]!);
  return stages(config, layer, options).flatMap((stage) =>
    stage.flatMap((own, index) =>
      own.map((module) => [
        ...stage.slice(index).map(measure),
        ...Object.values(workingSpecs(shapeOf(module), options)),
      ]),
    ),
  );
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
    for (const stage of stages(calibration.config, layer, options)) {
      const base = { masked, quantized };
      const shared = await measureHessians(calibration, walk, layer, stage.flat(), base);
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

/** The modules of a block that are measured at the same time; of those, the ones that share an input together. */
function stages(config: ModelConfig, layer: number, { sequential }: QuantizeOptions): string[][][] {
  const modules = blockModules(config, layer);
  const inputs = sharedInputs
    .map((roles) => modules.filter((module) => roles.includes(roleOf(config, module)!)))
    .filter((own) => own.length > 0);
  return sequential ? inputs.map((own) => [own]) : [inputs];
}

/** Roles that read the same input, in the order of the forward pass. */
const sharedInputs: readonly (readonly ModuleRole[])[] = [
  ['q', 'k', 'v', 'qkv'],
  ['o'],
  ['gate', 'up'],
  ['down'],
];

async function quantizeByRounding(
  calibration: Calibration,
  options: QuantizeOptions,
  masked: ReadonlySet<string>,
): Promise<Set<string>> {
  const { config, pacer, onBlock } = calibration;
  const quantized = new Set<string>();
  for (let layer = 0; layer < config.layers; layer++) {
    for (const module of blockModules(config, layer)) {
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
