import type { ResultRow } from './events.ts';
import { compact, integer, percent, scoreText } from './format.ts';
import { sameGenome } from './view.ts';
import type { SessionView } from './view.ts';

type Metric = SessionView['metric'];

export interface Column {
  title: string;
  /** What the column means, for the page's explanations. */
  about: string;
  text: (row: ResultRow) => string;
  /** Unrounded, for CSV. */
  value: (row: ResultRow) => string | number;
}

const missing = '–';

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
    value: (row) => (accuracy || row.score === 0 ? row.score : 1 / row.score),
  };
}

/** The paper's columns (METHODS §10), in its order. */
export function columns(metric: Metric): Column[] {
  return [
    { title: 'Model', about: 'What was measured.', text: (row) => row.label, value: (row) => row.label },
    scoreColumn(metric),
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
      title: 'Speed-up',
      about: 'Tokens a second over the original’s, measured in pairs on this device.',
      text: (row) => (row.speedup === null ? missing : `${row.speedup.toFixed(2)} ×`),
      value: (row) => row.speedup ?? '',
    },
  ];
}

/** 1.71; what would be mostly zeros is written as 3.34×10⁻⁵. */
function threeDigits(value: number): string {
  if (value === 0 || value >= 0.001) return value.toPrecision(3);
  const [digits, exponent = ''] = value.toExponential(2).split('e');
  return `${digits}×10${[...exponent].map((sign) => superscripts[sign] ?? '').join('')}`;
}

const superscripts: Readonly<Record<string, string>> = {
  '-': '⁻',
  ...Object.fromEntries([...'⁰¹²³⁴⁵⁶⁷⁸⁹'].map((sign, digit) => [String(digit), sign])),
};

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

const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
/** A name may hold anything; it must neither end the cell nor become HTML where the table is pasted. */
const markdownCell = (text: string): string =>
  text.replace(/[\r\n]+/g, ' ').replace(/[\\|`*_[\]<>]/g, (character) => `\\${character}`);

export function toMarkdown(rows: readonly ResultRow[], metric: Metric): string {
  const shown = columns(metric);
  const head = [
    line(shown.map((column) => column.title)),
    line(shown.map((_, index) => (index ? '--:' : '---'))),
  ];
  const body = rows.map((row) => line(shown.map((column) => markdownCell(column.text(row)))));
  return `${[...head, ...body].join('\n')}\n`;
}

/** RFC 4180; a text that a spreadsheet would run as a formula is given an apostrophe. */
function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function toCsv(rows: readonly ResultRow[], metric: Metric): string {
  const shown = [...columns(metric), ...rawColumns];
  const lines = [shown.map((column) => csvCell(column.title))];
  for (const row of rows) lines.push(shown.map((column) => csvCell(column.value(row))));
  return `${lines.map((cells) => cells.join(',')).join('\r\n')}\r\n`;
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
