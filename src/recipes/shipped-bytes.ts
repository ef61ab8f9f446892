import { activeRank, finishedCodes, finishedTensors } from '../compression/merging/materialize.ts';
import { Kept } from '../compression/merging/extent.ts';
import { floatBytes } from '../lib/half.ts';
import type { Runnable } from '../models/runnable.ts';

/**
 * Bytes of the weights that a sub-network ships, from its shapes alone: float tensors, INT4 codes with f16 scales and
 * packed zero points (compressed-tensors), and adapters where they stay beside. File headers are not counted.
 */
export function shippedBytes(network: Runnable, names: Iterable<string>, merge: boolean): number {
  const floats = finishedTensors(network, names, { merge }).map(
    ({ dtype, shape }) => shape.reduce((product, extent) => product * extent, 1) * floatBytes[dtype],
  );
  const codes = finishedCodes(network).map(
    ({ shape: [rows, columns], groups }) =>
      rows * Math.ceil(columns / 8) * 4 + rows * groups * 2 + Math.ceil(rows / 8) * groups * 4,
  );
  const kept = new Kept(network);
  const adapters = (merge ? [] : [...network.plan.adapters.keys()]).map((module) => {
    if (kept.rename(module) === null) return 0;
    const { rows, columns } = kept.extent(module);
    return activeRank(network, module) * (rows + columns) * 4;
  });
  return [...floats, ...codes, ...adapters].reduce((sum, bytes) => sum + bytes, 0);
}
