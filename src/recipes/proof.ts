import { z } from 'zod';
import { keptConfig } from '../compression/merging/config.ts';
import { Kept } from '../compression/merging/extent.ts';
import type { ExportFormat } from '../exporters/exporter.ts';
import { exporterOf } from '../exporters/registry.ts';
import type { ModelConfig } from '../formats/model-config.ts';
import { PareError } from '../lib/assert.ts';
import type { FloatDtype } from '../lib/half.ts';
import { Random } from '../lib/random.ts';
import type { Proof, ResultRow } from '../session/events.ts';
import { defaultFormat, exportModel, type ModelExport } from './export.ts';
import type { Runnable } from '../models/runnable.ts';
import type { Exportable } from './exported-model.ts';
import {
  compareCodes,
  countZeros,
  largestError,
  roundoff,
  weightDtype,
  type ComparedCodes,
} from './proof-compare.ts';
import { compareMerged } from './proof-merged.ts';
import { openShipped } from './proof-shipped.ts';
import { proofKey, type FinishedRun } from './run.ts';
import { mergeable, subNetworkModel } from './trained.ts';

/** Sequences whose logits are compared, and how long made-up ones are at most. */
const sequences = 8;
const mostRandom = 64;

/** What the logits are compared on. */
export interface ProofTokens {
  readonly ids: readonly (readonly number[])[];
  /** Where they come from, where it is not the test split. */
  readonly source: string | null;
}

/** The first examples of the test split. */
export const testTokens = ({ data }: Pick<FinishedRun['run'], 'data'>): ProofTokens => ({
  ids: data.split.test.slice(0, sequences).map(({ ids }) => ids),
  source: null,
});

/** Where no data are at hand: any tokens will do to compare two models. */
export function randomTokens({ run: { model, recipe } }: Exportable): ProofTokens {
  const random = new Random(recipe.seed).split('proof');
  const length = Math.min(mostRandom, model.config.maxPositions);
  const sequence = () => Array.from({ length }, () => random.integer(model.config.vocabSize));
  return { ids: Array.from({ length: sequences }, sequence), source: 'on random tokens, without data' };
}

/**
 * Proves a merge instead of assuming it (METHODS §7): the exported files are read back as any other model, and compared
 * with the network as it was trained. (a) The same tokens give the same logits, within a stated bound; (b) every weight
 * that a mask zeroes is exactly zero; (c) the codes are those that were written, or where the format holds floats,
 * each weight is the one that its code means. Files that only other software runs (ONNX) have their weights read back, and
 * Pare runs those.
 */
export async function proveExport(
  finished: Exportable,
  { format, files }: Pick<ModelExport, 'format' | 'files'>,
  tokens: ProofTokens,
): Promise<Proof> {
  const { model } = finished.run;
  const network = subNetworkModel(model, finished.trained, finished.genome);
  const shipped = await openShipped(finished, format, files);
  const most = commonLength(keptConfig(model.config, new Kept(network)), shipped.config);
  const examples = tokens.ids.map((ids) => ids.slice(0, most));
  try {
    const largest = await largestError(network, shipped, examples);
    const logitError = Number.isFinite(largest) ? largest : null;
    const zeros = await countZeros(network, shipped);
    const compared = await compareCodes(network, shipped);
    const merged = await compareMerged(finished, network, shipped, format);
    const { bound, reason } = boundOf(finished, shipped, format, compared);
    const holds =
      logitError !== null &&
      logitError <= bound &&
      zeros.maskedZeros === zeros.maskedWeights &&
      (!compared || compared.equal === compared.compared) &&
      (!merged || merged.equal === merged.compared);
    return {
      logitError,
      bound,
      reason: [reason, tokens.source, windowText(most)].filter(Boolean).join('; '),
      tokens: examples.reduce((sum, ids) => sum + ids.length, 0),
      ...zeros,
      codes: compared && { compared: compared.compared, equal: compared.equal },
      ...(merged ? { merged } : {}),
      format,
      holds,
    };
  } finally {
    shipped.store.dispose();
  }
}

/** Positions up to which two models see the same: where a format has no window, texts within it. */
function commonLength({ decoder: ours }: ModelConfig, { decoder: theirs }: ModelConfig): number {
  const lost = ours.windows.filter((window, layer) => window !== (theirs.windows[layer] ?? null));
  return Math.min(Infinity, ...lost.map((window) => window ?? Infinity));
}

const windowText = (most: number): string | null =>
  most === Infinity ? null : `on texts of up to ${most} tokens, the window that the format has no form for`;

/** An export, and the proof of it; the model card tells both. */
export interface ProvenExport extends ModelExport {
  /** null where the device has no room for the model read back; the notes say so. */
  readonly proof: Proof | null;
}

/** `onProof` hears of the proof before the files are made anew, whose model card tells it. */
export async function exportAndProve(
  finished: Exportable,
  rows: readonly ResultRow[],
  {
    format = defaultFormat(finished),
    tokens,
    onProof,
  }: {
    format?: ExportFormat | undefined;
    tokens: ProofTokens;
    onProof?: (proof: Proof) => Promise<void>;
  },
): Promise<ProvenExport> {
  try {
    const proof = await proveExport(finished, await exportModel(finished, rows, { format }), tokens);
    await onProof?.(proof);
    return { ...(await exportModel(finished, rows, { format, proof })), proof };
  } catch (error) {
    if (!(error instanceof PareError) || error.code !== 'out-of-memory') throw error;
    const exported = await exportModel(finished, rows, { format });
    const note =
      'The export was not proved: the device has no room for the model read back beside the trained one.';
    return { ...exported, notes: [...exported.notes, note], proof: null };
  }
}

/** The export of a run, and its proof as an event of the run. */
export function provenExport(
  finished: FinishedRun,
  rows: readonly ResultRow[],
  format?: ExportFormat,
): Promise<ProvenExport> {
  const { run } = finished;
  return exportAndProve(finished, rows, {
    format,
    tokens: testTokens(run),
    // A step, so that it is there again when the session is continued.
    async onProof(proof) {
      await run.journal.once({ key: proofKey, schema: z.null() }, async () => {
        run.emit({ type: 'proof', proof });
        return null;
      });
    },
  });
}

function boundOf(
  { run: { model }, trained }: Exportable,
  shipped: Runnable,
  format: ExportFormat,
  codes: ComparedCodes | null,
): Pick<Proof, 'bound' | 'reason'> {
  const [ours, theirs] = [weightDtype(model), weightDtype(shipped)];
  const coarser = roundoff[theirs] > roundoff[ours] ? theirs : ours;
  const dense =
    exporterOf(format).adapters === 'merged' && trained.plan.merge === 'none' && mergeable(trained);
  if (codes && !codes.exact) return rounded('INT4 weights in floats', theirs);
  if (dense && coarser !== 'f32') return rounded('a dense adapter, merged weights', coarser);
  if (ours !== theirs && theirs !== 'f32') return rounded(`${ours.toUpperCase()} weights`, theirs);
  if (dense) return { bound: 1e-5, reason: 'a dense adapter, merged in float32' };
  if (codes?.inFloats) return { bound: 1e-5, reason: 'INT4 weights in floats, which hold them exactly' };
  if (trained.plan.merge === 'none')
    return { bound: 1e-5, reason: 'nothing was merged: base and adapter as trained' };
  return model.backend.facts.backend === 'cpu'
    ? { bound: 0, reason: 'merged as trained, on the CPU: bit for bit' }
    : { bound: 1e-5, reason: 'merged as trained; two programs of one device may sum in another order' };
}

const rounded = (what: string, dtype: FloatDtype) => ({
  bound: 16 * roundoff[dtype],
  reason: `${what}, each rounded once to ${dtype.toUpperCase()}: 16 of its roundings`,
});
