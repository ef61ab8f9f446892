import { z } from 'zod';
import { finishedCodes } from '../compression/merging/materialize.ts';
import { dequantize } from '../compression/quantization/dequantize.ts';
import { logitsOf } from '../evaluation/logits.ts';
import { blobSource, type FileSource } from '../formats/source.ts';
import { floatBytes, toFloat32, type FloatDtype } from '../lib/half.ts';
import { Kept } from '../compression/merging/extent.ts';
import { codesName, maskName, moduleShape } from '../models/elastic.ts';
import { PareError } from '../lib/assert.ts';
import type { Runnable } from '../models/runnable.ts';
import type { Proof, ResultRow } from '../session/events.ts';
import { loadModel, originalModel, type LoadedModel } from './model.ts';
import { exportModel, type ExportFile, type ModelExport } from './export.ts';
import { proofKey, type FinishedRun } from './run.ts';
import { mergeable, subNetworkModel, type Trained } from './trained.ts';

/** Test examples whose logits are compared. */
const sequences = 8;

/**
 * Proves a merge instead of assuming it (METHODS §7): the exported files are read back as any other model, and compared
 * with the network as it was trained. (a) The same tokens give the same logits, within a stated bound; (b) every weight
 * that a mask zeroes is exactly zero; (c) the codes are those that were written.
 */
export async function proveExport(
  { run, trained, genome }: FinishedRun,
  files: readonly ExportFile[],
): Promise<Proof> {
  const { model, data } = run;
  const network = subNetworkModel(model, trained, genome);
  const shipped = await loadModel(model.backend, await readBack(files));
  try {
    const examples = data.split.test.slice(0, sequences).map(({ ids }) => ids);
    const largest = await largestError(network, originalModel(shipped), examples);
    const logitError = Number.isFinite(largest) ? largest : null;
    const zeros = await countZeros(network, shipped);
    const codes = await compareCodes(network, shipped);
    const { bound, reason } = boundOf(trained, model);
    const holds =
      logitError !== null &&
      logitError <= bound &&
      zeros.maskedZeros === zeros.maskedWeights &&
      (!codes || codes.equal === codes.compared);
    const tokens = examples.reduce((sum, ids) => sum + ids.length, 0);
    return { logitError, bound, reason, tokens, ...zeros, codes, holds };
  } finally {
    shipped.store.dispose();
  }
}

/**
 * The export, and the proof of it as an event of the run; the model card tells both. Where the device has no room for the
 * model read back, there is no proof, and the notes say so.
 */
export async function provenExport(
  finished: FinishedRun,
  rows: readonly ResultRow[],
): Promise<ModelExport & { proof: Proof | null }> {
  try {
    const proof = await proveExport(finished, (await exportModel(finished, rows)).files);
    // A step, so that it is there again when the session is continued.
    await finished.run.journal.once({ key: proofKey, schema: z.null() }, async () => {
      finished.run.emit({ type: 'proof', proof });
      return null;
    });
    return { ...(await exportModel(finished, rows, proof)), proof };
  } catch (error) {
    if (!(error instanceof PareError) || error.code !== 'out-of-memory') throw error;
    const exported = await exportModel(finished, rows);
    const note =
      'The export was not proved: the device has no room for the model read back beside the trained one.';
    return { ...exported, notes: [...exported.notes, note], proof: null };
  }
}

/** The files as a reader gets them, from a copy that the platform keeps (in a browser: on disk where it is large). */
function readBack(files: readonly ExportFile[]): Promise<FileSource[]> {
  return Promise.all(
    files.map(async ({ name, stream }) => blobSource(`export/${name}`, await new Response(stream).blob())),
  );
}

/** Largest |difference| of two models' logits over the largest |logit|. */
async function largestError(
  trained: Runnable,
  shipped: Runnable,
  examples: readonly (readonly number[])[],
): Promise<number> {
  let error = 0;
  let scale = 0;
  for (const ids of examples) {
    const [ours, theirs] = [await logitsOf(trained, ids), await logitsOf(shipped, ids)];
    for (const [position, row] of ours.entries()) {
      for (const [token, logit] of row.entries()) {
        const difference = Math.abs(logit - theirs[position]![token]!);
        // Unlike Math.max, so that NaN is never passed over.
        if (!(difference <= error)) error = difference;
        if (Number.isNaN(error)) return error;
        scale = Math.max(scale, Math.abs(logit));
      }
    }
  }
  return scale === 0 ? error : error / scale;
}

/** Half a unit in the last place, relative, of what ships. */
const roundoff: Record<FloatDtype, number> = { f32: 2 ** -24, f16: 2 ** -11, bf16: 2 ** -8 };

function boundOf(trained: Trained, { backend, store, config }: LoadedModel): Pick<Proof, 'bound' | 'reason'> {
  const onCpu = backend.facts.backend === 'cpu';
  if (trained.plan.merge !== 'none') {
    return onCpu
      ? { bound: 0, reason: 'merged as trained, on the CPU: bit for bit' }
      : { bound: 1e-5, reason: 'merged as trained; two programs of one device may sum in another order' };
  }
  if (!mergeable(trained)) return { bound: 1e-5, reason: 'nothing was merged: base and adapter as trained' };
  const dtype = store.spec(`${config.names.finalNorm}.weight`).dtype as FloatDtype;
  if (dtype === 'f32') return { bound: 1e-5, reason: 'a dense adapter, merged in float32' };
  return {
    bound: 16 * roundoff[dtype],
    reason: `a dense adapter, each merged weight rounded once to ${dtype.toUpperCase()}: 16 of its roundings`,
  };
}

/** Weights under unset mask bits, those of them that are exactly zero in the file, and the file's other zeros. */
async function countZeros(network: Runnable, shipped: LoadedModel) {
  const counts = { maskedWeights: 0, maskedZeros: 0, otherZeros: 0 };
  const kept = new Kept(network);
  for (const module of network.masked) {
    const renamed = kept.rename(module);
    if (renamed === null) continue;
    const [, wholeColumns] = moduleShape(network, module);
    const words = Math.ceil(wholeColumns / 32);
    const mask = new Uint32Array((await network.store.read(maskName(module))).buffer);
    const weight = await weightOf(shipped, renamed);
    const [, columns] = moduleShape(shipped, renamed);
    const extent = kept.extent(module);
    for (let row = 0; row < extent.rows; row++) {
      for (let column = 0; column < extent.columns; column++) {
        const zero = weight[row * columns + column] === 0;
        const masked = ((mask[row * words + (column >>> 5)]! >>> (column & 31)) & 1) === 0;
        if (masked) counts.maskedWeights++;
        if (masked && zero) counts.maskedZeros++;
        if (!masked && zero) counts.otherZeros++;
      }
    }
  }
  return counts;
}

async function weightOf({ store, quantized }: LoadedModel, module: string): Promise<Float32Array> {
  if (quantized.has(module)) return dequantize(store, module);
  const { dtype, shape } = store.spec(`${module}.weight`);
  const bytes = await store.read(`${module}.weight`);
  return toFloat32(
    bytes.slice(0, shape[0]! * shape[1]! * floatBytes[dtype as FloatDtype]),
    dtype as FloatDtype,
  );
}

async function compareCodes(network: Runnable, shipped: LoadedModel): Promise<Proof['codes']> {
  const modules = finishedCodes(network);
  if (modules.length === 0) return null;
  const result = { compared: 0, equal: 0 };
  for (const { module, shape, codes } of modules) {
    const [ours, theirs] = [await codes(), await shipped.store.read(codesName(module))];
    const [rows, columns] = shape;
    const stride = Math.ceil(columns / 8) * 4;
    result.compared += rows * columns;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const at = row * stride + (column >> 1);
        const shift = (column & 1) * 4;
        if (((ours[at]! >> shift) & 15) === ((theirs[at]! >> shift) & 15)) result.equal++;
      }
    }
  }
  return result;
}
