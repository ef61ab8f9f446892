import { keptConfig } from '../compression/merging/config.ts';
import { Kept, type Extent } from '../compression/merging/extent.ts';
import {
  activeRank,
  finishedAdapter,
  finishedCodes,
  finishedTensors,
} from '../compression/merging/materialize.ts';
import { pad } from '../compression/merging/matrix.ts';
import type { Exporter, FinishedAdapter, FinishedCodes, FinishedModel } from '../exporters/exporter.ts';
import type { Runnable } from '../models/runnable.ts';
import { structureOf, type ModelStructure } from '../models/structure.ts';
import type { FinishedRun } from './run.ts';
import type { RunContext } from './run-context.ts';
import { mergeable, subNetworkModel } from './trained.ts';

/** As much of a finished run as an export needs: the super-network, and the sub-network that is meant. */
export interface Exportable extends Pick<FinishedRun, 'trained' | 'genome'> {
  readonly run: Pick<RunContext, 'model' | 'recipe'>;
}

/** The form that an exporter wants a model in. */
export type ExportForm = Pick<Exporter, 'sizes' | 'adapters'>;

/** The chosen model, as exporters see it. Nothing of its weights is read here. */
export function exportedModel({ run, trained, genome }: Exportable, form: ExportForm): FinishedModel {
  const { model, recipe } = run;
  const { folder, info } = model;
  const network = subNetworkModel(model, trained, genome);
  const kept = new Kept(network);
  const uniform = form.sizes === 'uniform';
  const merge = trained.plan.merge !== 'none' || (form.adapters === 'merged' && mergeable(trained));
  const config = keptConfig(model.config, kept);
  return {
    name: `${info.name}-${recipe.method}`,
    config,
    structure: uniform ? structureOf(config) : structureByLayer(config, network, kept),
    tensors: finishedTensors(network, folder.tensors.keys(), { merge, pad: uniform }),
    codes: codesOf(run, network, kept),
    adapters: merge ? [] : adaptersOf(network, kept, uniform),
    base: {
      name: info.name,
      isOriginal: isOriginal(run, network, kept),
      isExported: !mergeable(trained),
    },
    tokenizerJson: folder.tokenizerJson,
    tokenizerConfig: folder.tokenizerConfig,
    generationConfig: folder.generationConfig,
  };
}

/** Modules of every block as it is cut, rather than as the largest is. */
function structureByLayer(config: FinishedModel['config'], network: Runnable, kept: Kept): ModelStructure {
  const extents = new Map<string, Extent>();
  for (const { name } of structureOf(network.config).modules) {
    const renamed = kept.rename(name);
    if (renamed !== null) extents.set(renamed, kept.extent(name));
  }
  const structure = structureOf(config);
  const modules = structure.modules.map((module) => {
    const { rows, columns } = extents.get(module.name)!;
    return { ...module, shape: [rows, columns] as const };
  });
  return { ...structure, modules };
}

function codesOf({ model, recipe }: Exportable['run'], network: Runnable, kept: Kept): FinishedCodes[] {
  return finishedCodes(network).flatMap((codes) => {
    const renamed = kept.rename(codes.module);
    const held = model.folder.quantized.get(codes.module) ?? recipe.quantization!;
    return renamed === null
      ? []
      : [{ ...codes, module: renamed, group: held.group, symmetric: held.symmetric }];
  });
}

/** At their active ranks; padded like the base below them where sizes differ by layer. */
function adaptersOf(network: Runnable, kept: Kept, uniform: boolean): FinishedAdapter[] {
  return [...network.plan.adapters].flatMap(([module, { scale }]) => {
    const renamed = kept.rename(module);
    if (renamed === null) return [];
    const { rows, columns } = uniform ? kept.padded(module) : kept.extent(module);
    const rank = activeRank(network, module);
    const matrix = (pick: 'a' | 'b', height: number, width: number) => async () => {
      const adapter = await finishedAdapter(network, module);
      return pad(adapter![pick], height, width).data;
    };
    return [
      {
        module: renamed,
        rank,
        scale,
        inputs: columns,
        outputs: rows,
        a: matrix('a', rank, columns),
        b: matrix('b', rows, rank),
      },
    ];
  });
}

/** Whether the weights below the adapters are those of the model that was opened. */
function isOriginal({ model, recipe }: Exportable['run'], network: Runnable, kept: Kept): boolean {
  const { masked, quantized, plan } = network;
  const whole = structureOf(model.config).modules.every(({ name, shape: [rows, columns] }) => {
    if (kept.rename(name) === null) return false;
    const extent = kept.extent(name);
    return extent.rows === rows && extent.columns === columns;
  });
  const asOpened = model.orders.size === 0 && [...quantized].every((module) => model.quantized.has(module));
  const ownZeros = masked.size === 0 || model.form === 'int4' || recipe.sparsity?.method === 'existing';
  return whole && asOpened && ownZeros && plan.merge === 'none';
}
