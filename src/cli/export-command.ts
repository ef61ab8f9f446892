import { mkdir } from 'node:fs/promises';
import { exportFormats, type ExportFormat } from '../exporters/exporter.ts';
import { PareError } from '../lib/assert.ts';
import { prepareData } from '../recipes/data.ts';
import { requireCheckpoint, requireSame } from '../recipes/kept-session.ts';
import { loadModel } from '../recipes/model.ts';
import { exportAndProve, randomTokens, testTokens } from '../recipes/proof.ts';
import { restoreFinished } from '../recipes/restored-run.ts';
import type { Genome } from '../search/space.ts';
import { viewOf } from '../session/reduce.ts';
import { sameGenome } from '../session/view.ts';
import { usage } from './arguments.ts';
import type { Command } from './commands.ts';
import { dataOf, modelFiles } from './inputs.ts';
import { nodeStorage } from './node-storage.ts';
import { Unsuccessful } from './outcome.ts';
import { withSession } from './session-input.ts';

/** Writes the chosen sub-network of a session that has ended, or another one, in one format, and proves it. */
export const exportSession: Command = (flags, [subject], devices) =>
  withSession(subject, async (session) => {
    const { out } = flags;
    if (!out) throw usage('--out is missing.');
    const format = formatOf(flags.format);
    const genome = genomeOf(flags.genome);
    const kept = requireCheckpoint(session);
    const open = flags.data === undefined ? null : await dataOf(flags);
    const model = await loadModel(await devices.open(), await modelFiles(flags.model));
    const finished = await restoreFinished(kept, model, genome);
    const { chosen, results } = viewOf(kept.log);
    // What was measured of the chosen model is nothing of another one.
    const isChosen = chosen !== null && sameGenome(chosen.genome, finished.genome);
    const rows = isChosen ? results : results.filter(({ tag }) => tag !== 'chosen');
    const { recipe } = kept.started;
    const tokens = open
      ? testTokens({ data: prepareData(requireSame(kept.started, model, open), model, recipe) })
      : randomTokens(finished);
    const exported = await exportAndProve(finished, rows, { format, tokens });
    await mkdir(out, { recursive: true });
    const folder = await nodeStorage(out);
    for (const { name, stream } of exported.files) await folder.write(name, stream);
    const { notes, proof, files } = exported;
    const written = files.map(({ name, size }) => ({ name, bytes: size }));
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    const result = { format: exported.format, files: written, bytes, notes, proof };
    return proof && !proof.holds ? new Unsuccessful(result) : result;
  });

function formatOf(text: string | undefined): ExportFormat | undefined {
  const format = exportFormats.find((known) => known === text);
  if (text === undefined || format) return format;
  throw usage(`--format is ${text}; it must be one of ${exportFormats.join(', ')}.`);
}

function genomeOf(text: string | undefined): Genome | undefined {
  if (text === undefined) return undefined;
  const genes = text.split(',').map((gene) => (gene.trim() === '' ? Number.NaN : Number(gene)));
  if (genes.every((gene) => Number.isInteger(gene) && gene >= 0)) return genes;
  throw new PareError(
    'usage',
    `--genome is ${text}; it must be whole numbers separated by commas: 0,1,2.`,
    'Take a genome of the front, as `run --json` prints it.',
  );
}
