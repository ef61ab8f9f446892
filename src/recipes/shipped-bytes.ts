import { activeRank, finishedCodes, finishedTensors } from '../compression/merging/materialize.ts';
import { Kept } from '../compression/merging/extent.ts';
import { floatBytes } from '../lib/half.ts';
import type { Runnable } from '../models/runnable.ts';
import type { RunContext } from './run-context.ts';
import { mergeable, subNetworkModel, type Trained } from './trained.ts';
import type { Genome } from '../search/space.ts';

/**
 * Bytes of the weights that a sub-network's export holds, from its shapes alone: float tensors padded as they are
 * written, INT4 codes with scales and zero points (compressed-tensors), and adapters where they stay beside. File headers
 * are not counted.
 */
export function shippedBytes(run: RunContext, trained: Trained, genome: Genome): number {
  const network = subNetworkModel(run.model, trained, genome);
  const merge = mergeable(trained);
  const floats = finishedTensors(network, run.model.folder.tensors.keys(), { merge, pad: true }).map(
    ({ dtype, shape }) => shape.reduce((product, extent) => product * extent, 1) * floatBytes[dtype],
  );
  const adapters = merge
    ? []
    : [...network.plan.adapters.keys()].map((module) => adapterBytes(network, module));
  return [...floats, ...codesBytes(run, network), ...adapters].reduce((sum, bytes) => sum + bytes, 0);
}

/** As the writer of compressed-tensors has it: f16 scales where the grid is exact, zero points where it has any. */
function codesBytes({ recipe: { quantization }, model }: RunContext, network: Runnable): number[] {
  return finishedCodes(network).map(({ module, shape: [rows, columns], groups }) => {
    const opened = model.folder.quantized.get(module);
    const symmetric = opened?.symmetric ?? quantization?.symmetric ?? false;
    const wideScales = opened ? opened.scaleBytes === 4 : quantization?.grid !== 'exact';
    const zeroPoints = symmetric ? 0 : Math.ceil(rows / 8) * groups * 4;
    const shapeTensor = 16;
    return (
      rows * Math.ceil(columns / 8) * 4 + rows * groups * (wideScales ? 4 : 2) + zeroPoints + shapeTensor
    );
  });
}

function adapterBytes(network: Runnable, module: string): number {
  const kept = new Kept(network);
  if (kept.rename(module) === null) return 0;
  const { rows, columns } = kept.padded(module);
  return activeRank(network, module) * (rows + columns) * 4;
}
