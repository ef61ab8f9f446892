import { describe, expect, it } from 'vitest';
import { compareRuns, comparedRun, sectionsOf } from './comparison.ts';
import { comparisonSchema } from './comparisonSchema.ts';
import type { ComparedRun, ComparisonRow } from './comparisonSchema.ts';
import { comparisonColumns, comparisonCsv, comparisonJson, comparisonMarkdown } from './comparisonTable.ts';
import type { ResultRow } from './events.ts';
import { viewOf } from './reduce.ts';
import { logFixture, recipeFixture, startedFixture } from './session.testing.ts';

const { model, data } = startedFixture(2);
const template = viewOf(logFixture()).results[0]!;

function row(tag: ResultRow['tag'], score: number, part: Partial<ResultRow> = {}): ResultRow {
  return { ...template, tag, label: tag, score, interval: null, examples: 100, ...part };
}

function runOf(rows: ResultRow[], part: Partial<ComparedRun> = {}): ComparedRun {
  return { date: '2026-11-22', recipe: recipeFixture, metric: 'accuracy', model, data, rows, ...part };
}

const seeded = (seed: number, ...rows: ResultRow[]): ComparedRun =>
  runOf(rows, { recipe: { ...recipeFixture, seed } });
const loraRecipe = { ...recipeFixture, method: 'lora' as const, elastic: null, search: null };
const only = (rows: readonly ComparisonRow[], tag: string): ComparisonRow => {
  const found = rows.filter((each) => each.tag === tag);
  expect(found).toHaveLength(1);
  return found[0]!;
};

describe('one run', () => {
  it('has its own numbers, and the interval of its examples', () => {
    const run = comparedRun(viewOf(logFixture()))!;
    const rows = compareRuns([run]);
    expect(rows.map((each) => each.label)).toEqual(['w/o tune', 'LoRA', 'LoNAS heuristic', 'LoNAS best']);
    const heuristic = only(rows, 'heuristic');
    expect(heuristic.score).toEqual({ mean: 0.6, sd: null, n: 1, interval: [0.6 - 0.04, 0.6 + 0.05] });
    expect(heuristic.relative?.mean).toBeCloseTo(0.6 / 0.7475, 12);
    expect(heuristic).toMatchObject({ seeds: [7], variant: '', average: null, tests: [] });
    expect(only(rows, 'untuned-dense').bytes).toBeNull();
  });

  it('is left out until it is finished', () => {
    expect(comparedRun(viewOf(logFixture({ finish: false })))).toBeNull();
  });

  it('counts only the latest of several choices', () => {
    const view = viewOf(logFixture());
    const genome = view.chosen!.genome;
    const chosen = { ...template, tag: 'chosen' as const, label: 'LoNAS chosen' };
    const results = [
      { ...chosen, genome: genome.map(() => 0), score: 0.1 },
      { ...chosen, genome, score: 0.9 },
    ];
    expect(comparedRun({ ...view, results })?.rows.map(({ score }) => score)).toEqual([0.9]);
  });
});

describe('several seeds', () => {
  const runs = [
    seeded(3, row('lora', 0.5), row('chosen', 0.6, { genome: [0, 1] })),
    seeded(1, row('lora', 0.8), row('chosen', 0.8, { genome: [0, 1] })),
    seeded(2, row('lora', 0.5), row('chosen', 0.7, { genome: [1, 1], speedup: 2 })),
  ];

  it('are one row: mean, sample deviation, t-interval', () => {
    const rows = compareRuns(runs);
    const chosen = only(rows, 'chosen');
    expect(chosen.seeds).toEqual([1, 2, 3]);
    expect(chosen.score.mean).toBeCloseTo(0.7, 12);
    expect(chosen.score.sd).toBeCloseTo(0.1, 12);
    // t(0.975, 2) = 4.302653; 0.7 ± 4.302653 · 0.1/√3 = 0.7 ± 0.248414
    expect(chosen.score.interval![0]).toBeCloseTo(0.451586, 6);
    expect(chosen.score.interval![1]).toBeCloseTo(0.948414, 6);
    expect(chosen.genome).toBeNull();
    expect(chosen.speedup?.n).toBe(3);
  });

  it('are relative to the LoRA of their own seed', () => {
    // 0.8/0.8, 0.7/0.5, 0.6/0.5: mean 1.2, deviations −0.2, 0.2, 0.
    const { relative } = only(compareRuns(runs), 'chosen');
    expect(relative?.mean).toBeCloseTo(1.2, 12);
    expect(relative?.sd).toBeCloseTo(0.2, 12);
  });

  it('an interval does not leave what is possible', () => {
    const wild = [seeded(1, row('best', 0.1)), seeded(2, row('best', 0.9))];
    expect(only(compareRuns(wild), 'best').score.interval).toEqual([0, 1]);
  });

  it('run twice count once, the latest', () => {
    const again = { ...seeded(1, row('best', 0.9)), date: '2026-11-23' };
    const [only1] = compareRuns([again, seeded(1, row('best', 0.2))]);
    expect(only1).toMatchObject({ seeds: [1], score: { mean: 0.9, n: 1, sd: null } });
  });

  it('of different recipes stay apart, and say what differs', () => {
    const longer = { ...recipeFixture, training: { ...recipeFixture.training, steps: 900 } };
    const rows = compareRuns([
      runOf([row('best', 0.5)]),
      runOf([row('best', 0.6)], { recipe: longer }),
      runOf([row('best', 0.7)], { recipe: { ...recipeFixture, method: 'shears' } }),
    ]);
    expect(rows.map(({ variant }) => variant)).toEqual(['training.steps 300', 'training.steps 900', '']);
  });

  it('with keys in another order are the same recipe', () => {
    const { seed: _, ...rest } = recipeFixture;
    const reordered = Object.fromEntries(Object.entries(rest).toReversed()) as typeof rest;
    const runsInTwoOrders = [
      seeded(1, row('best', 0.5)),
      runOf([row('best', 0.7)], { recipe: { ...reordered, seed: 2 } }),
    ];
    expect(only(compareRuns(runsInTwoOrders), 'best').seeds).toEqual([1, 2]);
  });
});

describe('the score of LoRA', () => {
  const best = row('best', 0.6);
  const lora = (score: number, part: object = {}) =>
    runOf([row('chosen', score)], { recipe: { ...loraRecipe, ...part } });
  const relativeOf = (...runs: ComparedRun[]) => only(compareRuns(runs), 'best').relative?.mean ?? null;

  it('comes from a run of its own where the run has none', () => {
    expect(relativeOf(runOf([best]), lora(0.5))).toBeCloseTo(1.2, 12);
    expect(only(compareRuns([lora(0.5)]), 'chosen').relative?.mean).toBe(1);
  });

  it('must be of the same model, data, examples and seed', () => {
    expect(relativeOf(runOf([best]))).toBeNull();
    expect(relativeOf(runOf([best]), lora(0.5, { seed: 8 }))).toBeNull();
    expect(relativeOf(runOf([best]), lora(0.5, { maxLength: 32 }))).toBeNull();
    const elsewhere = { ...lora(0.5), data: { ...data, sha256: 'c'.repeat(64) } };
    expect(relativeOf(runOf([best]), elsewhere)).toBeNull();
    expect(relativeOf(runOf([best]), lora(0))).toBeNull();
  });

  it('is rather that of the same sparse base, and never that of another one', () => {
    const sparsity = { method: 'wanda', ratio: 0.5, pattern: null, calibration: 8 } as const;
    const sparse = runOf([best], { recipe: { ...recipeFixture, sparsity } });
    expect(relativeOf(sparse, lora(0.5), lora(0.4, { sparsity }))).toBeCloseTo(1.5, 12);
    expect(relativeOf(sparse, lora(0.5))).toBeCloseTo(1.2, 12);
    expect(relativeOf(runOf([best]), lora(0.4, { sparsity }))).toBeNull();
  });
});

describe('several data sets', () => {
  const test = (name: string, score: number) => ({ name, score, examples: 50 });

  it('of one run are columns, with their average', () => {
    const rows = compareRuns([
      seeded(1, row('best', 0.5, { tests: [test('a', 0.6), test('b', 0.7)] })),
      seeded(2, row('best', 0.7, { tests: [test('a', 0.8), test('b', 0.9)] })),
    ]);
    const best = only(rows, 'best');
    expect(best.tests.map(({ name, score }) => [name, score.mean, score.n])).toEqual([
      ['a', expect.closeTo(0.7, 12), 2],
      ['b', expect.closeTo(0.8, 12), 2],
    ]);
    // (0.5 + 0.6 + 0.7)/3 = 0.6 and (0.7 + 0.8 + 0.9)/3 = 0.8
    expect(best.average?.mean).toBeCloseTo(0.7, 12);
    expect(best.average?.sd).toBeCloseTo(Math.SQRT2 / 10, 12);
    expect(comparisonColumns(rows).map(({ title }) => title)).toEqual([
      'Model',
      'Runs',
      'Accuracy',
      'a',
      'b',
      'Average',
      'Relative to LoRA',
      'Sparsity',
      'Precision',
      'TMACs @256',
      'Total params',
      'Non-zero params',
      'Bytes',
      'Speed-up',
    ]);
  });

  it('of one run alone have Wilson’s interval, and no average over what was not tested', () => {
    const rows = compareRuns([
      runOf([row('best', 0.5, { tests: [test('a', 0)] }), row('minimal', 0.5, { tests: [] })]),
    ]);
    // Wilson, 0 of 50: 0 … z²/(50 + z²) = 3.8415/53.8415.
    const [low, high] = only(rows, 'best').tests[0]!.score.interval!;
    expect(low).toBe(0);
    expect(high).toBeCloseTo(0.071348, 5);
    expect(only(rows, 'minimal')).toMatchObject({ tests: [], average: null });
    expect(comparisonColumns(rows)[3]!.text(only(rows, 'minimal'))).toBe('–');
  });

  it('in files of their own are sections', () => {
    const other = { name: 'other.jsonl', sha256: 'd'.repeat(64) };
    const rows = compareRuns([
      runOf([row('best', 0.5)]),
      runOf([row('best', 0.6)], { data: other }),
      runOf([row('best', 0.7)], { recipe: { ...recipeFixture, method: 'shears' } }),
    ]);
    const sections = sectionsOf(rows);
    expect(sections.map((section) => [section.data.name, section.rows.length])).toEqual([
      ['problems.jsonl', 2],
      ['other.jsonl', 1],
    ]);
    expect(rows).toEqual(sections.flatMap((section) => section.rows));
  });

  it('of perplexity are averaged as perplexities', () => {
    const rows = compareRuns([
      runOf([row('lora', 1 / 8), row('best', 1 / 4, { tests: [test('a', 1 / 6)] }), row('minimal', 0)], {
        metric: 'perplexity',
      }),
    ]);
    const best = only(rows, 'best');
    expect([best.score.mean, best.average?.mean, best.relative?.mean]).toEqual([4, 5, 2]);
    expect(best.tests[0]?.score.interval).toBeNull();
    expect(comparisonSchema.safeParse({ version: 1, rows }).success).toBe(true);
  });
});

describe('reference rows', () => {
  it('that say the same are shown once', () => {
    const shears = { ...recipeFixture, method: 'shears' as const };
    const dense = row('untuned-dense', 0.03);
    const rows = compareRuns([
      runOf([dense, row('lora', 0.5)]),
      runOf([dense, row('lora', 0.4)], { recipe: shears }),
    ]);
    expect(rows.map(({ tag }) => tag)).toEqual(['untuned-dense', 'lora', 'lora']);
    expect(rows.map(({ relative }) => relative?.mean ?? null)).toEqual([null, 1, 1]);
  });
});

describe('exports', () => {
  const names = { model: { ...model, name: '=cmd|x' }, data: { ...data, name: 'a,"b"\n.jsonl' } };
  const rows = compareRuns([
    { ...seeded(1, row('lora', 0.5), row('best', 0.6)), ...names },
    { ...seeded(2, row('lora', 0.5), row('best', 0.7)), ...names },
  ]);

  it('Markdown: a table a section', () => {
    const lines = comparisonMarkdown(rows).split('\n');
    expect(lines[0]).toBe('### =cmd\\|x on a,"b" .jsonl');
    expect(lines[2]).toMatch(/^\| Model \| Runs \| Accuracy \|/);
    // sd of 0.6 and 0.7 is 0.0707; t(0.975, 1) = 12.706: far beyond 0..1
    expect(lines[5]).toMatch(/^\| best \| 2 \| 65\.0 ± 7\.1 % \\\[1\.5, 100\.0\\\] \| 130\.0 ± 14\.1 % \|/);
  });

  it('CSV: one flat table, unrounded, safe in a spreadsheet', () => {
    const text = comparisonCsv(rows);
    expect(text.startsWith('Base model,Base SHA-256,Data,')).toBe(true);
    expect(text).toContain(`\r\n'=cmd|x,${'a'.repeat(64)},"a,""b""\n.jsonl",`);
    expect(text).toContain(',lonas,,best,1 2,accuracy,0.6499999999999999,');
  });

  it('JSON: as the schema reads it', () => {
    expect(comparisonSchema.parse(JSON.parse(comparisonJson(rows)))).toEqual({ version: 1, rows });
  });

  it('of nothing is nothing', () => {
    expect(comparisonMarkdown([])).toBe('');
    expect(comparisonCsv([]).trim().split('\r\n')).toHaveLength(1);
    expect(compareRuns([])).toEqual([]);
  });
});
