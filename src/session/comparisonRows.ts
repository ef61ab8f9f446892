import { mean, meanInterval, sd, wilson } from '../lib/statistics.ts';
import type { SeedGroup } from './comparisonGroups.ts';
import type { ComparedRun, ComparisonRow, Figure } from './comparisonSchema.ts';
import type { ResultRow } from './events.ts';
import { isTuned } from './table.ts';
import { sameGenome } from './view.ts';

type Metric = ComparedRun['metric'];
type Interval = Figure['interval'];

/** One run's row, and that run. */
interface Measured {
  readonly run: ComparedRun;
  readonly row: ResultRow;
}

/** The rows of a group: rows of the same kind, one a seed, become one. `all`: where a run without LoRA finds one. */
export function rowsOfGroup({ runs, variant }: SeedGroup, all: readonly ComparedRun[]): ComparisonRow[] {
  const byTag = new Map<ResultRow['tag'], Measured[]>();
  for (const run of runs) {
    for (const row of run.rows) {
      const measured = byTag.get(row.tag) ?? [];
      // Each run once: of rows of one kind, the first.
      if (measured.at(-1)?.run !== run) byTag.set(row.tag, [...measured, { run, row }]);
    }
  }
  return [...byTag.values()].map((measured) => rowOf(measured as [Measured], variant, all));
}

function rowOf(
  measured: readonly [Measured, ...Measured[]],
  variant: string,
  all: readonly ComparedRun[],
): ComparisonRow {
  const [{ run, row }] = measured;
  const { metric, model, data } = run;
  const rows = measured.map((each) => each.row);
  const over = (value: (row: ResultRow) => number) => figureOf(rows.map(value)) as Figure;
  const measuredOnly = (value: (row: ResultRow) => number | null) => figureOf(rows.map(value));
  return {
    model: { name: model.name, sha256: model.sha256 },
    data: { name: data.name, sha256: data.sha256 },
    metric,
    method: run.recipe.method,
    variant,
    label: row.label,
    tag: row.tag,
    seeds: measured.map((each) => each.run.recipe.seed),
    genome: row.genome && rows.every(({ genome }) => sameGenome(genome, row.genome)) ? row.genome : null,
    score: scoreFigure(rows, metric, row.interval) as Figure,
    examples: row.examples,
    ...testFigures(rows, metric),
    relative: figureOf(measured.map((each) => relativeScore(each, all))),
    sparsity: over((each) => each.sparsity),
    precision: [...new Set(rows.map(({ precision }) => precision))].join(' / ').slice(0, 200),
    tmacsAt256: over((each) => each.tmacsAt256),
    totalParameters: over((each) => each.totalParameters),
    nonZeroParameters: over((each) => each.nonZeroParameters),
    speedup: measuredOnly((each) => each.speedup),
    bytes: measuredOnly((each) => each.bytes),
  };
}

/** A perplexity beyond this has no meaning, and its square no number. */
const mostPerplexity = 1e150;

/** As it is read: accuracy, or perplexity (the log holds its inverse). */
const asShown = (score: number, metric: Metric): number =>
  metric === 'accuracy' ? score : 1 / Math.max(score, 1 / mostPerplexity);

function scoreFigure(
  scores: readonly { score: number }[],
  metric: Metric,
  interval: Interval,
): Figure | null {
  const values = scores.map(({ score }) => asShown(score, metric));
  return figureOf(values, interval, metric === 'accuracy' ? 1 : Infinity);
}

/** Further test sets, by name, and the average over all; the latter over runs that were tested on all of them. */
function testFigures(rows: readonly ResultRow[], metric: Metric): Pick<ComparisonRow, 'tests' | 'average'> {
  const names = [...new Set(rows.flatMap(({ tests }) => tests.map((test) => test.name)))];
  const tests = names.map((name) => {
    const found = rows.flatMap((row) => row.tests.find((test) => test.name === name) ?? []);
    const { score, examples } = found[0]!;
    const interval = metric === 'accuracy' && examples > 0 ? proportion(score, examples) : null;
    return { name, score: scoreFigure(found, metric, interval) as Figure, examples };
  });
  const whole = rows.filter((row) => names.every((name) => row.tests.some((test) => test.name === name)));
  const averages = whole.map((row) => {
    return mean([row, ...row.tests].map(({ score }) => asShown(score, metric)));
  });
  const most = metric === 'accuracy' ? 1 : Infinity;
  return { tests, average: names.length > 0 ? figureOf(averages, null, most) : null };
}

const proportion = (score: number, examples: number): [number, number] =>
  wilson(Math.min(examples, Math.max(0, Math.round(score * examples))), examples);

/** null where there is nothing. `single`: the interval of a value that stands alone. Figures are 0 or more. */
function figureOf(
  values: readonly (number | null)[],
  single: Interval = null,
  most = Infinity,
): Figure | null {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  const centre = mean(known);
  if (known.length === 1) return { mean: centre, sd: null, n: 1, interval: single };
  const [low, high] = meanInterval(known);
  const interval: Interval = [Math.max(0, low), Math.min(most, high)];
  return { mean: centre, sd: sd(known), n: known.length, interval };
}

function relativeScore({ run, row }: Measured, all: readonly ComparedRun[]): number | null {
  if (!isTuned(row)) return null;
  const reference = loraRow(run) ?? loraRow(loraRun(run, all));
  return reference && reference.score > 0 ? row.score / reference.score : null;
}

/** The row of plain LoRA; in a run of recipe `lora` that is the model it made. */
function loraRow(run: ComparedRun | undefined): ResultRow | undefined {
  const tag = run?.recipe.method === 'lora' ? 'chosen' : 'lora';
  return run?.rows.find((row) => row.tag === tag);
}

/** A run of recipe `lora` tested on the very same examples: on the same sparse or quantized base, else on the dense one. */
function loraRun(run: ComparedRun, all: readonly ComparedRun[]): ComparedRun | undefined {
  const candidates = all.filter(
    (other) => other.recipe.method === 'lora' && examplesKey(other) === examplesKey(run),
  );
  return candidates.find((other) => baseKey(other) === baseKey(run)) ?? candidates.find(isDense);
}

const examplesKey = ({ model, data, metric, recipe: { seed, split, maxLength } }: ComparedRun): string =>
  JSON.stringify([model.sha256, data.sha256, metric, seed, split.validation, split.test, maxLength]);

const baseKey = ({ recipe: { sparsity, quantization } }: ComparedRun): string =>
  JSON.stringify([sparsity, quantization]);

const isDense = ({ recipe: { sparsity, quantization } }: ComparedRun): boolean => !sparsity && !quantization;
