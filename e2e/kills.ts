import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withSession } from '../src/cli/session-input.ts';
import type { Random } from '../src/lib/random.ts';
import type { Checkpoint } from '../src/session/checkpoint.ts';
import { viewOf } from '../src/session/reduce.ts';
import { live, type Death, type Life, type Said } from './life.ts';

/** What is run: `node SCRIPT run RECIPE …`, and `node SCRIPT continue FOLDER …` with the same inputs and settings. */
export interface Subject {
  readonly script: string;
  readonly recipe: string;
  /** Model, data, device: both commands have them. */
  readonly inputs: readonly string[];
  /** The recipe's changes. */
  readonly settings: readonly string[];
}

/** Kills are told apart by what may go wrong with them. */
export interface Kills {
  readonly lives: readonly Life[];
  /** Lives that ended on their own before they could be killed. */
  readonly missed: number;
}

/** As often as it can be: a run loses next to nothing, and is nearly always writing. */
const always = ['--checkpoint-every', '0'];

export const runWhole = ({ script, recipe, inputs, settings }: Subject, folder: string): Promise<Life> => {
  rmSync(folder, { recursive: true, force: true });
  return live([script, 'run', recipe, ...inputs, ...settings, ...always], folder, null);
};

/**
 * The same run, killed so many times at random moments, one in each part of the whole one's duration, every third time in the middle of
 * writing a file, and continued each time until it is done.
 */
export async function runKilled(
  subject: Subject,
  folder: string,
  whole: Life,
  { kills, random }: { kills: number; random: Random },
): Promise<Kills> {
  rmSync(folder, { recursive: true, force: true });
  const moments = Array.from(
    { length: kills },
    (_, index) => ((index + random.next()) / kills) * whole.milliseconds,
  );
  const said = new Set<string>();
  const lives: Life[] = [];
  let [ended, missed] = [0, 0];
  while (lives.length < kills) {
    const moment = moments[lives.length]!;
    const intoWriting = lives.length % 3 === 2 ? 3 * random.next() : null;
    const [anchor, next] = ended > 0 ? [null, null] : around(whole.lines, moment);
    // A run that has ended is exported again, which can be interrupted as well.
    const delay = ended > 0 ? random.next() * ended : moment - (anchor?.at ?? 0);
    const after = anchor && (said.has(anchor.text) ? 'recovered' : anchor.text);
    const death: Death = { after, delay, before: next?.text ?? null, intoWriting };
    const life = await live(argumentsOf(subject, folder), folder, death);
    for (const { text } of life.lines) said.add(text);
    if (life.killed) lives.push(life);
    else [ended, missed] = [life.milliseconds * 0.9, missed + 1];
  }
  await live(argumentsOf(subject, folder), folder, null);
  return { lives, missed };
}

/** A process that was killed before it had kept anything has left nothing to continue. */
function argumentsOf({ script, recipe, inputs, settings }: Subject, folder: string): string[] {
  return existsSync(join(folder, 'session.pare'))
    ? [script, 'continue', folder, ...inputs, ...always]
    : [script, 'run', recipe, ...inputs, ...settings, ...always];
}

/** The lines before and after a moment, among those that are said once, and at the same place in another execution. */
function around(lines: readonly Said[], moment: number): [Said | null, Said | null] {
  const once = ({ text }: Said) => lines.filter((line) => line.text === text).length === 1;
  const marks = lines.filter((line) => !line.text.startsWith('losses') && once(line));
  return [
    marks.findLast(({ at }) => at <= moment) ?? null,
    marks.find(({ at, text }) => at > moment && !text.startsWith('proof')) ?? null,
  ];
}

/** What must be the same, to the bit, however often a run was killed: all but times and measured speed. */
export const essenceOf = (folder: string): Promise<Record<string, unknown>> =>
  withSession(folder, async ({ log, checkpoint }) => {
    const { points, front, losses, hypervolume, chosen, results, proof, status } = viewOf(log);
    const rows = results.map((row) => ({ ...row, speedup: null }));
    const model = ['config.json', 'model.safetensors', 'adapter/adapter_model.safetensors']
      .map((name) => join(folder, 'model', name))
      .filter((path) => existsSync(path))
      .map((path) => digest(readFileSync(path)));
    const steps = await stepsOf(checkpoint!);
    return { status, points, front, losses, hypervolume, chosen, results: rows, proof, model, steps };
  });

/**
 * Every recorded step with its outcome, and what it left: masks, codes, adapters. An export that was killed is made, and
 * proved, again; the proof itself is compared above.
 */
async function stepsOf({ records, partial }: Checkpoint): Promise<unknown> {
  const steps = [];
  for (const { key, value, tensors } of records.filter((record) => record.key !== 'proof')) {
    const left: Record<string, string> = {};
    for (const [name, tensor] of tensors) left[name] = digest(await tensor.read());
    steps.push({ key, value, left });
  }
  return { steps, partial };
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
