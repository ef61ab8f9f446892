import { csvText, markdownTable, markdownText } from './cells.ts';
import type { Proof, ResultRow } from './events.ts';
import { bytes, compact, integer, missing, percent, scoreText, threeDigits } from './format.ts';
import { proofText } from './proofText.ts';
import { sameGenome } from './view.ts';
import type { SessionView } from './view.ts';

type Metric = SessionView['metric'];

export interface Column<Row = ResultRow> {
  title: string;
  /** What the column means, for the page's explanations. */
  about: string;
  text: (row: Row) => string;
  /** Unrounded, for CSV; '' where nothing was measured. */
  value: (row: Row) => string | number;
}

function interval(row: ResultRow, metric: Metric): string {
  if (!row.interval || metric !== 'accuracy') return '';
  return ` ± ${(((row.interval[1] - row.interval[0]) / 2) * 100).toFixed(1)}`;
}

function scoreColumn(metric: Metric): Column {
  const accuracy = metric === 'accuracy';
  return {
    title: accuracy ? 'Accuracy' : 'Perplexity',
    about: accuracy
      ? 'On the test split, with half of the 95 % interval.'
      : 'On the test split; lower is better.',
    text: (row) => scoreText(row.score, metric) + interval(row, metric),
    value: (row) => asRead(row.score, metric),
  };
}

/** Accuracy, or perplexity, of which the log holds the inverse; and back. */
const asRead = (score: number, metric: Metric): number =>
  metric === 'accuracy' || score === 0 ? score : 1 / score;

/**
 * The paper's columns (METHODS §10), in its order. `rows` is the whole table: it says what LoRA scored and which further
 * test sets there are.
 */
export function columns(metric: Metric, rows: readonly ResultRow[] = []): Column[] {
  return [
    { title: 'Model', about: 'What was measured.', text: (row) => row.label, value: (row) => row.label },
    scoreColumn(metric),
    ...testColumns(metric, rows),
    relativeColumn(rows),
    {
      title: 'Sparsity',
      about: 'Share of zeros in the tensors as shipped.',
      text: (row) => percent(row.sparsity),
      value: (row) => row.sparsity,
    },
    {
      title: 'Precision',
      about: 'Base + adapter.',
      text: (row) => row.precision,
      value: (row) => row.precision,
    },
    {
      title: 'TMACs @256',
      about: 'Tera multiply–accumulates for 256 positions: the paper’s “TFLOPs” column.',
      text: (row) => threeDigits(row.tmacsAt256),
      value: (row) => row.tmacsAt256,
    },
    {
      title: 'Total params',
      about: 'Linear modules, head and adapters, without the embedding, as the paper counts them.',
      text: (row) => compact(row.totalParameters),
      value: (row) => row.totalParameters,
    },
    {
      title: 'Non-zero params',
      about: 'Of the tensors as shipped.',
      text: (row) => compact(row.nonZeroParameters),
      value: (row) => row.nonZeroParameters,
    },
    {
      title: 'Bytes',
      about: 'Of the exported weights.',
      text: (row) => (row.bytes === null ? missing : bytes(row.bytes)),
      value: (row) => row.bytes ?? '',
    },
    {
      title: 'Speed-up',
      about: 'Tokens a second over the original’s, measured in pairs on this device.',
      text: (row) => (row.speedup === null ? missing : `${row.speedup.toFixed(2)} ×`),
      value: (row) => row.speedup ?? '',
    },
  ];
}

/** The score on each further test set, and the papers' "average score" over all of them. */
function testColumns(metric: Metric, rows: readonly ResultRow[]): Column[] {
  const names = testNames(rows);
  if (names.length === 0) return [];
  const numeric = (title: string, about: string, read: (row: ResultRow) => number | null): Column => ({
    title,
    about,
    text: (row) => optional(read(row), (value) => scoreText(asRead(value, metric), metric), missing),
    value: (row) => read(row) ?? '',
  });
  return [
    ...names.map((name) =>
      numeric(
        name,
        `On ${name}: its first examples that are short enough and unseen, as many as the test split has.`,
        (row) => optional(scoreOn(row, name), (score) => asRead(score, metric), null),
      ),
    ),
    numeric('Average', 'Mean over the test split and the further test sets.', (row) =>
      averageOver(row, names, metric),
    ),
  ];
}

/** Names of the further test sets, in the order in which they come. */
export const testNames = (rows: readonly { tests: readonly { name: string }[] }[]): string[] => [
  ...new Set(rows.flatMap(({ tests }) => tests.map(({ name }) => name))),
];

const scoreOn = ({ tests }: ResultRow, name: string): number | null =>
  tests.find((test) => test.name === name)?.score ?? null;

const optional = <T, U, V>(value: T | null, then: (value: T) => U, otherwise: V): U | V =>
  value === null ? otherwise : then(value);

/** Accuracy or perplexity; null where a set was not tested on. */
function averageOver(row: ResultRow, names: readonly string[], metric: Metric): number | null {
  const scores = [row.score, ...names.map((name) => scoreOn(row, name))].filter((score) => score !== null);
  if (scores.length <= names.length) return null;
  return scores.reduce((sum, score) => sum + asRead(score, metric), 0) / scores.length;
}

function relativeColumn(rows: readonly ResultRow[]): Column {
  const lora = rows.find(({ tag }) => tag === 'lora')?.score ?? 0;
  return {
    title: 'Relative to LoRA',
    about: 'Score over that of plain LoRA on the same base; of tuned models.',
    text: (row) => (lora > 0 && isTuned(row) ? percent(row.score / lora) : missing),
    value: (row) => (lora > 0 && isTuned(row) ? row.score / lora : ''),
  };
}

/** What was trained can be compared with LoRA, which is training; a base w/o tune is what both began with. */
export const isTuned = ({ tag }: Pick<ResultRow, 'tag'>): boolean =>
  tag !== 'untuned' && tag !== 'untuned-dense';

const rawColumns: Column[] = [
  { title: 'Examples', about: '', text: (row) => integer(row.examples), value: (row) => row.examples },
  {
    title: 'MACs per token',
    about: '',
    text: (row) => integer(row.macsPerToken),
    value: (row) => row.macsPerToken,
  },
  {
    title: 'Whole-model params',
    about: '',
    text: (row) => integer(row.wholeModelParameters),
    value: (row) => row.wholeModelParameters,
  },
  { title: 'Genome', about: '', text: () => '', value: (row) => row.genome?.join(' ') ?? '' },
];

/** The table; the proof of the merge, where there is one, is a line of its own below it. */
export function toMarkdown(rows: readonly ResultRow[], metric: Metric, proof: Proof | null = null): string {
  const shown = columns(metric, rows);
  const body = rows.map((row) => shown.map((column) => column.text(row)));
  const table = markdownTable(
    shown.map((column) => column.title),
    body,
  );
  return proof ? `${table}\n${markdownText(proofText(proof))}\n` : table;
}

/** The proof is a last line whose other cells are empty. */
export function toCsv(rows: readonly ResultRow[], metric: Metric, proof: Proof | null = null): string {
  const shown = [...columns(metric, rows), ...rawColumns];
  const lines = [shown.map((column) => column.title), ...rows.map((row) => shown.map((c) => c.value(row)))];
  if (proof) lines.push(shown.map((_, index) => (index === 0 ? proofText(proof) : '')));
  return csvText(lines);
}

/** From what there was to what was made of it. */
const rowOrder: readonly ResultRow['tag'][] = [
  'untuned-dense',
  'untuned',
  'lora',
  'maximal',
  'heuristic',
  'minimal',
  'best',
  'chosen',
];

/**
 * The rows as people read them: in that order, and with only the latest choice called the chosen one. A run measures
 * them in the order that is convenient for it.
 */
export function readableRows({ results, chosen }: Pick<SessionView, 'results' | 'chosen'>): ResultRow[] {
  const isEarlier = (row: ResultRow) =>
    row.tag === 'chosen' && chosen !== null && !sameGenome(row.genome, chosen.genome);
  const rank = (row: ResultRow) => rowOrder.indexOf(row.tag) - (isEarlier(row) ? 0.5 : 0);
  return results
    .map((row) => (isEarlier(row) ? { ...row, label: row.label.replace(/ chosen$/, ' earlier') } : row))
    .toSorted((a, b) => rank(a) - rank(b));
}
