import { csvText, markdownTable, markdownText } from './cells.ts';
import { sectionsOf } from './comparison.ts';
import { comparisonSchema } from './comparisonSchema.ts';
import type { ComparisonRow, Figure } from './comparisonSchema.ts';
import { bytes, compact, missing, threeDigits } from './format.ts';
import { testNames } from './table.ts';
import type { Column } from './table.ts';

type ComparisonColumn = Column<ComparisonRow>;
type Metric = ComparisonRow['metric'];

/** The columns of one section's table. */
export function comparisonColumns(rows: readonly ComparisonRow[]): ComparisonColumn[] {
  const metric = rows[0]?.metric ?? 'accuracy';
  return [
    {
      title: 'Model',
      about: 'What was measured, and how its recipe differs from others of the same method.',
      text: modelText,
      value: modelText,
    },
    {
      title: 'Runs',
      about:
        'Runs that differ in nothing but their seed; figures are their mean ± sample standard deviation.',
      text: (row) => String(row.seeds.length),
      value: (row) => row.seeds.length,
    },
    scoreColumn(metric),
    ...testColumns(rows, metric),
    figureColumn(
      'Relative to LoRA',
      'Score over that of plain LoRA with the same seed; of tuned models.',
      (row) => row.relative,
      percentNumber,
      ' %',
    ),
    figureColumn(
      'Sparsity',
      'Share of zeros in the tensors as shipped.',
      (row) => row.sparsity,
      percentNumber,
      ' %',
    ),
    {
      title: 'Precision',
      about: 'Base + adapter.',
      text: (row) => row.precision,
      value: (row) => row.precision,
    },
    ...costColumns(),
  ];
}

const costColumns = (): ComparisonColumn[] => [
  figureColumn(
    'TMACs @256',
    'Tera multiply–accumulates for 256 positions: the paper’s “TFLOPs” column.',
    (row) => row.tmacsAt256,
    threeDigits,
  ),
  figureColumn(
    'Total params',
    'Linear modules, head and adapters, without the embedding, as the paper counts them.',
    (row) => row.totalParameters,
    compact,
  ),
  figureColumn('Non-zero params', 'Of the tensors as shipped.', (row) => row.nonZeroParameters, compact),
  figureColumn('Bytes', 'Of the exported weights.', (row) => row.bytes, bytes),
  figureColumn(
    'Speed-up',
    'Tokens a second over the original’s, measured in pairs on each run’s device.',
    (row) => row.speedup,
    (value) => value.toFixed(2),
    ' ×',
  ),
];

const percentNumber = (fraction: number): string => (fraction * 100).toFixed(1);

const modelText = ({ label, variant }: ComparisonRow): string => (variant ? `${label} (${variant})` : label);

/** `62.1 ± 0.8 %`; what is the same in all runs (and one run alone) has no deviation. */
function figureText(figure: Figure | null, number: (value: number) => string, unit = ''): string {
  if (!figure) return missing;
  const deviation = !figure.sd ? '' : ` ± ${number(figure.sd)}`;
  return `${number(figure.mean)}${deviation}${unit}`;
}

function figureColumn(
  title: string,
  about: string,
  figure: (row: ComparisonRow) => Figure | null,
  number: (value: number) => string,
  unit = '',
): ComparisonColumn {
  return {
    title,
    about,
    text: (row) => figureText(figure(row), number, unit),
    value: (row) => figure(row)?.mean ?? '',
  };
}

const scoreNumber = (metric: Metric) => (metric === 'accuracy' ? percentNumber : perplexityNumber);
const perplexityNumber = (value: number): string => value.toPrecision(4);
const scoreUnit = (metric: Metric): string => (metric === 'accuracy' ? ' %' : '');

function scoreColumn(metric: Metric): ComparisonColumn {
  const title = metric === 'accuracy' ? 'Accuracy' : 'Perplexity';
  const number = scoreNumber(metric);
  const interval = ({ score: { interval: range } }: ComparisonRow): string =>
    range ? ` [${number(range[0])}, ${number(range[1])}]` : '';
  return {
    title,
    about:
      'On the test split, with its 95 % interval: of the examples for one run (Wilson), of the mean for several (Student’s t).',
    text: (row) => figureText(row.score, number, scoreUnit(metric)) + interval(row),
    value: (row) => row.score.mean,
  };
}

function testColumns(rows: readonly ComparisonRow[], metric: Metric): ComparisonColumn[] {
  const names = testNames(rows);
  if (names.length === 0) return [];
  const [number, unit] = [scoreNumber(metric), scoreUnit(metric)];
  return [
    ...names.map((name) =>
      figureColumn(
        name,
        `On ${name}: its first examples that are short enough and unseen, as many as the test split has.`,
        (row) => scoreOn(row, name),
        number,
        unit,
      ),
    ),
    figureColumn(
      'Average',
      'Mean over the test split and the further test sets.',
      (row) => row.average,
      number,
      unit,
    ),
  ];
}

const scoreOn = ({ tests }: ComparisonRow, name: string): Figure | null =>
  tests.find((test) => test.name === name)?.score ?? null;

/** One table a section, each under its model and data. */
export function comparisonMarkdown(rows: readonly ComparisonRow[]): string {
  return sectionsOf(rows)
    .map((section) => {
      const shown = comparisonColumns(section.rows);
      const titles = shown.map((column) => column.title);
      const body = section.rows.map((row) => shown.map((column) => column.text(row)));
      const heading = `### ${markdownText(section.model.name)} on ${markdownText(section.data.name)}`;
      return `${heading}\n\n${markdownTable(titles, body)}`;
    })
    .join('\n');
}

/** All sections in one flat table, unrounded; means, with the score's deviation and interval. */
export function comparisonCsv(rows: readonly ComparisonRow[]): string {
  const shown = csvColumns(rows);
  const lines = rows.map((row) => shown.map((column) => column.value(row)));
  return csvText([shown.map((column) => column.title), ...lines]);
}

type CsvColumn = Pick<ComparisonColumn, 'title' | 'value'>;

function csvColumns(rows: readonly ComparisonRow[]): CsvColumn[] {
  const [, , score, ...others] = comparisonColumns(rows);
  return [
    { title: 'Base model', value: (row) => row.model.name },
    { title: 'Base SHA-256', value: (row) => row.model.sha256 },
    { title: 'Data', value: (row) => row.data.name },
    { title: 'Data SHA-256', value: (row) => row.data.sha256 },
    { title: 'Method', value: (row) => row.method },
    { title: 'Variant', value: (row) => row.variant },
    { title: 'Model', value: (row) => row.label },
    { title: 'Seeds', value: (row) => row.seeds.join(' ') },
    { title: 'Metric', value: (row) => row.metric },
    { title: 'Score', value: score!.value },
    { title: 'Score sd', value: (row) => row.score.sd ?? '' },
    { title: 'Score low', value: (row) => row.score.interval?.[0] ?? '' },
    { title: 'Score high', value: (row) => row.score.interval?.[1] ?? '' },
    { title: 'Examples', value: (row) => row.examples },
    ...others,
    { title: 'Relative sd', value: (row) => row.relative?.sd ?? '' },
    { title: 'Genome', value: (row) => row.genome?.join(' ') ?? '' },
  ];
}

/** `{ version: 1, rows }`, as `comparisonSchema` reads it. */
export const comparisonJson = (rows: readonly ComparisonRow[]): string =>
  `${JSON.stringify(comparisonSchema.parse({ version: 1, rows }), null, 2)}\n`;
