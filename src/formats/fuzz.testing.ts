/**
 * Fuzzing: real files, spoilt, must be read or refused: by a `PareError` that names the file and the place, without
 * reading or allocating more than the file warrants, and without end. A short run is part of the tests; `npm run fuzz`
 * makes long ones (tools/fuzz.mjs). docs/formats.md says what is held against a reader.
 */
import { writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { it } from 'vitest';
import { PareError } from '../lib/assert.ts';
import { mutated, mutationOf, type Mutation } from './fuzz-mutations.testing.ts';
import { counted, watched, type Work } from './fuzz-work.testing.ts';
import { bytesSource, nameOf, type FileSource } from './source.ts';

/** Files that belong together, whole: path → bytes. */
export type Sample = Readonly<Record<string, Uint8Array<ArrayBuffer>>>;

export interface Target {
  readonly name: string;
  samples(): Promise<readonly Sample[]>;
  /** Opens the files and reads all that is in them. */
  open(files: readonly FileSource[]): unknown;
  /** Which of the files are spoilt; all, unless it is said. */
  readonly spoils?: RegExp;
  /** How a message calls what has no file name. */
  readonly named?: RegExp;
  /** What a message names beside the file, where `placed` does not fit. */
  readonly place?: RegExp;
  /** Bytes of arrays that a byte of the files may come to. */
  readonly growth?: number;
  /** Of the short run. */
  readonly runs?: number;
}

/** A position, or the name of a field, a tensor or a token. */
const placed =
  /\b(?:offset|bytes?|line|row|column|element|input|dimension|token) \d|\w[.[_]\w|__metadata__|header|"[^"]+"|: [\w.]+: |top level/;

/** What is said of files as a whole: that one is missing, or which one is meant. */
const ofWholeFiles =
  /^(?:(?:config|weights|shards|tensors|data|onnx-data|tokenizer|adapter)-(?:missing|incomplete|empty|ambiguous)|model-ambiguous|file-too-large|not-utf8)$/;

const most = { reads: 100_000, asked: 32, growth: 64, constant: 2 ** 23, seconds: 5 };

interface Case {
  readonly sample: number;
  readonly changes: readonly { readonly path: string; readonly mutation: Mutation }[];
}

const environment = {
  seconds: Number(process.env.PARE_FUZZ_SECONDS ?? 0),
  seed: Number(process.env.PARE_FUZZ_SEED ?? 20_261_122),
  path: process.env.PARE_FUZZ_PATH,
  only: process.env.PARE_FUZZ_ONLY ?? '',
  /** Where the case under way is noted, for one that never ends. */
  note: process.env.PARE_FUZZ_NOTE,
};

/** Declares the test of one reader. */
export function fuzz(target: Target): void {
  const { seconds, seed, path, only, note } = environment;
  it.skipIf(!target.name.includes(only))(
    `${target.name}: spoilt files are read or refused in words`,
    async () => {
      const samples = await target.samples();
      for (const [sample] of samples.entries()) await whole(target, samples, sample);
      const tally = new Map<string, number>();
      let slowest = { seconds: 0, of: '' };
      const property = fc.asyncProperty(casesOf(target, samples), async (each) => {
        if (note !== undefined) writeFileSync(note, `${target.name}: ${shown(each)}\n`);
        const before = process.cpuUsage();
        const outcome = await outcomeOf(target, spoilt(samples, each));
        const { user, system } = process.cpuUsage(before);
        const took = (user + system) / 1e6;
        if (took > slowest.seconds) slowest = { seconds: took, of: took > 1 ? ` (${shown(each)})` : '' };
        if (took > most.seconds) throw new Error(`it took ${took} seconds of computing`);
        tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
      });
      const long = { numRuns: 1e9, interruptAfterTimeLimit: 1000 * seconds, markInterruptAsFailure: false };
      const details = await fc.check(property, {
        seed,
        ...(path === undefined ? {} : { path }),
        ...(seconds > 0 ? long : { numRuns: target.runs ?? 150 }),
      });
      if (seconds > 0) process.stdout.write(summary(target.name, details.numRuns, slowest, tally));
      if (details.failed) throw new Error(failure(target, details), { cause: details.errorInstance });
    },
  );
}

/** A sample as it is must be read, or nothing is learnt from spoiling it. */
async function whole(target: Target, samples: readonly Sample[], sample: number): Promise<void> {
  const outcome = await outcomeOf(target, spoilt(samples, { sample, changes: [] }));
  if (outcome !== 'read') throw new Error(`${target.name}: sample ${sample} is refused: ${outcome}`);
}

function casesOf({ spoils = /./ }: Target, samples: readonly Sample[]): fc.Arbitrary<Case> {
  const each = samples.map((files, sample) => {
    const paths = Object.keys(files).filter((path) => spoils.test(path));
    const change = fc
      .constantFrom(...paths)
      .chain((path) => mutationOf(path).map((mutation) => ({ path, mutation })));
    const changes = fc.oneof(
      { weight: 3, arbitrary: change.map((one) => [one]) },
      { weight: 1, arbitrary: fc.array(change, { minLength: 1, maxLength: 4 }) },
    );
    return changes.map((list): Case => ({ sample, changes: list }));
  });
  return fc.oneof(...each);
}

function spoilt(samples: readonly Sample[], { sample, changes }: Case): Sample {
  const files = { ...samples[sample]! };
  for (const { path, mutation } of changes) files[path] = mutated(path, files[path]!, mutation);
  return files;
}

/** `read`, or the code of the error; throws what must not happen. */
async function outcomeOf(target: Target, sample: Sample): Promise<string> {
  const work: Work = { reads: 0, asked: 0, allocated: 0 };
  const files = Object.entries(sample).map(([path, bytes]) => watched(bytesSource(path, bytes), work));
  const size = files.reduce((sum, file) => sum + file.size, 0);
  let outcome = 'read';
  try {
    await counted(work, async () => target.open(files));
  } catch (error) {
    outcome = codeOf(error, Object.keys(sample), target);
  }
  const { growth = most.growth } = target;
  if (work.reads > most.reads) throw new Error(`${work.reads} reads of files of ${size} bytes`);
  if (work.asked > most.asked * size + most.constant)
    throw new Error(`${work.asked} bytes read of files of ${size}`);
  if (work.allocated > growth * size + most.constant)
    throw new Error(`${work.allocated} bytes of arrays for files of ${size}`);
  if ('polluted' in {}) throw new Error('the prototype of all objects was changed');
  return outcome;
}

function codeOf(error: unknown, paths: readonly string[], { named, place = placed }: Target): string {
  if (!(error instanceof PareError)) throw error;
  const { code, message, remedy } = error;
  const fail = (problem: string) => new Error(`${problem}: "${message.slice(0, 500)}" (${code})`);
  if (message.length > 5000) throw fail(`a message of ${message.length} characters`);
  if (remedy === '') throw fail('no remedy');
  const says = `${message} ${remedy}`;
  if (!named?.test(says) && !paths.some((each) => says.includes(nameOf(each))))
    throw fail('no file is named');
  const rest = paths
    .flatMap((path) => [path, nameOf(path)])
    .reduce((left, path) => left.replaceAll(path, ''), message);
  if (!ofWholeFiles.test(code) && !place.test(rest + remedy))
    throw fail('neither a field nor an offset is named');
  return code;
}

const shown = (value: unknown): string => inspect(value, { depth: 10, breakLength: 200 });

function failure(target: Target, details: fc.RunDetails<[Case]>): string {
  const { seed, counterexamplePath, counterexample, numRuns, errorInstance } = details;
  const problem =
    errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance);
  return [
    `${target.name}: case ${numRuns} failed: ${problem.slice(0, 2000)}`,
    `the smallest case: ${shown(counterexample?.[0])}`,
    `again: npm run fuzz -- --only ${JSON.stringify(target.name)} --seed ${seed} --path ${counterexamplePath}`,
  ].join('\n');
}

function summary(
  name: string,
  cases: number,
  slowest: { seconds: number; of: string },
  tally: ReadonlyMap<string, number>,
): string {
  const codes = [...tally].toSorted(([, a], [, b]) => b - a).map(([code, count]) => `${code} ${count}`);
  return `${name}: ${cases} cases, the slowest ${slowest.seconds.toFixed(2)} s${slowest.of}: ${codes.join(', ')}\n`;
}
