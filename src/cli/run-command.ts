import { createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeStream } from 'node:stream/web';
import { PareError } from '../lib/assert.ts';
import { RunControl } from '../recipes/control.ts';
import { runToEnd, searchHere } from '../recipes/engine.ts';
import { provenExport } from '../recipes/proof.ts';
import { loadModel } from '../recipes/model.ts';
import { presets } from '../recipes/presets.ts';
import type { Proof, SessionEvent } from '../session/events.ts';
import { writeSessionFile } from '../session/file.ts';
import { encodeLink } from '../session/link.ts';
import { appendToLog } from '../session/log.ts';
import { methods, recipeSchema, type Method, type Recipe } from '../session/recipe.ts';
import { proofText } from '../session/proofText.ts';
import { viewOf } from '../session/reduce.ts';
import { numberOf, usage, type Flags } from './arguments.ts';
import type { Command } from './commands.ts';
import { dataOf, modelFiles, testsOf } from './inputs.ts';

export const run: Command = async (flags, [subject], openBackend) => {
  const out = flags.out;
  if (!out) throw usage('--out is missing.');
  const recipe = adjust(await readRecipe(subject, flags), flags);
  const data = await dataOf(flags);
  const tests = await testsOf(flags);
  const model = await loadModel(await openBackend(), await modelFiles(flags.model));
  const log: SessionEvent[] = [];
  const onEvent = (event: SessionEvent) => {
    appendToLog(log, [event]);
    if (!flags.json) report(event);
  };
  const finished = await runToEnd({
    recipe,
    model,
    data,
    tests,
    control: new RunControl(),
    search: searchHere,
    onEvent,
  });
  if (!finished) throw new PareError('stopped', 'The run was stopped.', 'Run it again.');
  await mkdir(out, { recursive: true });
  // Before the export as well: nothing that was measured may be lost to what comes after.
  await saveResults(out, log, null);
  const { files, proof } = await provenExport(finished, viewOf(log).results);
  await saveResults(out, log, proof);
  for (const { name, stream } of files) await save(join(out, 'model', name), stream);
  if (proof && !proof.holds) {
    const remedy = 'Do not use this export: results.json tells what differs. Please report it.';
    throw new PareError('proof-failed', proofText(proof), remedy);
  }
  return summary(log);
};

async function saveResults(out: string, log: readonly SessionEvent[], proof: Proof | null): Promise<void> {
  const { metric, results } = viewOf(log);
  await writeFile(join(out, 'session.pare'), writeSessionFile(log));
  await writeFile(
    join(out, 'results.json'),
    `${JSON.stringify({ metric, rows: results, proof }, null, 2)}\n`,
  );
}

const point = ({
  genome,
  macs,
  score,
}: {
  genome: readonly number[] | null;
  macs: number;
  score: number;
}) => ({ genome: genome ?? [], macs, accuracy: score });

/** What `--json` prints of a run. */
function summary(log: readonly SessionEvent[]) {
  const evaluated = log.filter((event) => event.type === 'evaluated');
  const generations = log.filter((event) => event.type === 'generation');
  const end = log.find((event) => event.type === 'finished');
  const { front } = viewOf(log);
  const heuristic =
    evaluated.find(({ tag }) => tag === 'heuristic') ?? evaluated.find(({ tag }) => tag === 'lora');
  return {
    front: front.map(point),
    heuristic: heuristic ? point(heuristic) : null,
    hypervolume: generations.map(({ hypervolume }) => hypervolume),
    link: linkOf(log),
    seconds: end?.seconds ?? 0,
  };
}

/** The share link, or null where the session is too long for one (the session file holds it all). */
function linkOf(log: readonly SessionEvent[]): string | null {
  const base = process.env.PARE_URL ?? 'http://127.0.0.1:4173/';
  try {
    return `${base}${encodeLink(log).fragment}`;
  } catch (error) {
    if (!(error instanceof PareError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return null;
  }
}

async function readRecipe(subject: string | undefined, { task }: Flags): Promise<Recipe> {
  if (!subject) throw usage(`A recipe is missing: ${methods.join(', ')}, or a recipe file.`);
  const kind = task ?? 'exact';
  if (kind !== 'exact' && kind !== 'perplexity') throw usage('--task must be exact or perplexity.');
  if (Object.hasOwn(presets, subject)) return presets[subject as Method].recipe(kind);
  const text = await readFile(subject, 'utf8').catch(() => {
    throw usage(`${subject} is neither ${methods.join(', ')} nor a readable recipe file.`);
  });
  const parsed = recipeSchema.safeParse(parseRecipe(text, subject));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new PareError(
    'recipe-invalid',
    `${subject}: ${issue?.path.join('.') || 'the file'}: ${issue?.message}`,
    'Save the recipe again in the studio, or mend this field.',
  );
}

function parseRecipe(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PareError(
      'recipe-invalid',
      `${file} is not JSON: ${(error as Error).message}`,
      'Save the recipe again in the studio.',
    );
  }
}

/** Flags on top of the recipe. */
function adjust(recipe: Recipe, flags: Flags): Recipe {
  const whole = (flag: 'seed' | 'steps' | 'population' | 'evaluations', least: number) =>
    numberOf(flag, flags[flag], { least, most: 0xffffffff, whole: true });
  const ratio = numberOf('sparsity', flags.sparsity, { least: 0, most: 0.99, whole: false });
  const { sparsity, search, training } = recipe;
  const adjusted: Recipe = {
    ...recipe,
    seed: whole('seed', 0) ?? recipe.seed,
    training: { ...training, steps: whole('steps', 0) ?? training.steps },
    search: search && {
      ...search,
      population: whole('population', 2) ?? search.population,
      evaluations: whole('evaluations', 1) ?? search.evaluations,
    },
    sparsity:
      ratio === undefined
        ? sparsity
        : ratio === 0
          ? null
          : { method: 'wanda', pattern: null, calibration: 128, ...sparsity, ratio },
  };
  const checked = recipeSchema.safeParse((flags.set ?? []).reduce(withField, adjusted));
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw usage(`${issue?.path.join('.')}: ${issue?.message}`);
}

/** `training.batch=4`: one field of the recipe, its value as JSON or, failing that, as text. */
function withField(recipe: unknown, assignment: string): unknown {
  const [, path, text] = /^([a-zA-Z.]+)=(.*)$/s.exec(assignment) ?? [];
  if (path === undefined || text === undefined) throw usage(`--set ${assignment} is not PATH=VALUE.`);
  const change = (held: unknown, [key, ...rest]: string[]): unknown => {
    if (key === undefined) return parseValue(text);
    if (typeof held !== 'object' || held === null || !Object.hasOwn(held, key))
      throw usage(`--set ${path}: this recipe has no ${key}.`);
    return { ...held, [key]: change((held as Record<string, unknown>)[key], rest) };
  };
  return change(recipe, path.split('.'));
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function save(path: string, stream: ReadableStream<Uint8Array>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await pipeline(Readable.fromWeb(stream as unknown as NodeStream<Uint8Array>), createWriteStream(path));
}

/** One line an event, on standard error. */
function report(event: SessionEvent): void {
  if (event.type === 'progress' || event.type === 'started') return;
  const { type, at, ...rest } = event;
  const text =
    type === 'losses'
      ? `step ${event.from + event.values.length}, loss ${event.values.at(-1)?.toFixed(4)}`
      : JSON.stringify(rest).slice(0, 160);
  process.stderr.write(`${(at / 1000).toFixed(1).padStart(7)} s  ${type}  ${text}\n`);
}
