import { describe, expect, it } from 'vitest';
import { bytes, compact, duration, roughly, scoreText } from './format.ts';
import { geneGrid } from './genes.ts';
import { viewOf } from './reduce.ts';
import { proofText } from './proofText.ts';
import { logFixture, proofFixture, startedFixture } from './session.testing.ts';
import { columns, readableRows, toCsv, toMarkdown } from './table.ts';

const { results } = viewOf(logFixture());

describe('the results table', () => {
  it('has the paper’s columns', () => {
    expect(columns('accuracy').map((column) => column.title)).toEqual([
      'Model',
      'Accuracy',
      'Relative to LoRA',
      'Sparsity',
      'Precision',
      'TMACs @256',
      'Total params',
      'Non-zero params',
      'Bytes',
      'Speed-up',
    ]);
    expect(columns('perplexity')[1]?.title).toBe('Perplexity');
  });

  it('writes the cost of a tiny model in powers of ten', () => {
    const cost = columns('accuracy').find(({ title }) => title === 'TMACs @256')!;
    const text = (tmacsAt256: number) => cost.text({ ...results[0]!, tmacsAt256 });
    expect([1.71, 0.0123, 3.344e-5, 0].map(text)).toEqual(['1.71', '0.0123', '3.34×10⁻⁵', '0.00']);
  });

  it('is read from what there was to what was made of it', () => {
    const row = { ...results.at(-1)!, tag: 'chosen' as const, label: 'LoNAS chosen', genome: [1, 2] };
    const earlier = { ...row, genome: [0, 0] };
    const [untuned, ...others] = results;
    const chosen = { genome: row.genome, by: 'user' as const, index: null };
    const rows = readableRows({ results: [row, ...others, untuned!, earlier], chosen });
    expect(rows[0]?.tag).toBe('untuned-dense');
    expect(rows.slice(-2).map(({ label }) => label)).toEqual(['LoNAS earlier', 'LoNAS chosen']);
  });

  it('copies as Markdown', () => {
    const lines = toMarkdown(results, 'accuracy').trim().split('\n');
    expect(lines).toHaveLength(results.length + 2);
    expect(lines[0]).toContain('| Accuracy |');
    expect(lines[3]).toContain('| LoRA | 74.8 % ± 4.5 |');
  });

  it('copies as CSV with unrounded numbers', () => {
    const lines = toCsv(results, 'accuracy').trim().split('\r\n');
    expect(lines[0]).toMatch(/^Model,Accuracy,.*,MACs per token,Whole-model params,Genome$/);
    expect(lines[2]).toMatch(/^LoRA,0.7475,/);
  });

  it('says each score relative to LoRA’s, where LoRA was trained', () => {
    const column = columns('accuracy', results).find(({ title }) => title === 'Relative to LoRA')!;
    // 0.7475, 0.6 and 0.63 over 0.7475; what was never tuned is relative to nothing.
    expect(results.map(column.text)).toEqual(['–', '100.0 %', '80.3 %', '84.3 %']);
    expect(column.value(results[2]!)).toBeCloseTo(0.6 / 0.7475, 12);
    const alone = columns('accuracy', [results[0]!])[2]!;
    expect([alone.text(results[0]!), alone.value(results[0]!)]).toEqual(['–', '']);
  });

  it('has the bytes of what ships', () => {
    const column = columns('accuracy').find(({ title }) => title === 'Bytes')!;
    expect(results.map(column.text)).toEqual(['–', '–', '680 kB', '680 kB']);
    expect(results.map(column.value)).toEqual(['', '', 680_000, 680_000]);
  });

  it('has a column for each further test set, and the average score', () => {
    const test = (name: string, score: number) => ({ name, score, examples: 100 });
    const rows = [
      { ...results[1]!, score: 0.5, tests: [test('a', 0.6), test('b', 0.7)] },
      { ...results[2]!, score: 0.5, tests: [test('a', 0.25)] },
    ];
    const shown = columns('accuracy', rows).slice(2, 5);
    expect(shown.map(({ title }) => title)).toEqual(['a', 'b', 'Average']);
    expect(shown.map((column) => column.text(rows[0]!))).toEqual(['60.0 %', '70.0 %', '60.0 %']);
    expect(shown.map((column) => column.value(rows[1]!))).toEqual([0.25, '', '']);
    // Perplexities 4, 2 and 6, logged as their inverses: the mean is 4.
    const texts = [{ ...rows[0]!, score: 1 / 4, tests: [test('a', 1 / 2), test('b', 1 / 6)] }];
    const perplexity = columns('perplexity', texts)[4]!;
    expect(perplexity.text(texts[0]!)).toBe('4.000');
    expect(perplexity.value(texts[0]!)).toBeCloseTo(4, 12);
  });

  it('has the proof of the merge as a line of its own', () => {
    const text =
      'Proof of merge: logits equal within 3.1e-7 over 1,024 positions (bound 1e-5: f32 sums in another order), 12,288 of 12,288 masked weights exactly zero, 40,960 of 40,960 codes equal.';
    expect(proofText(proofFixture)).toBe(text);
    expect(toMarkdown(results, 'accuracy', proofFixture)).toMatch(/\|\n\nProof of merge: .*\.\n$/);
    const lines = toCsv(results, 'accuracy', proofFixture).trimEnd().split('\r\n');
    expect(lines).toHaveLength(results.length + 2);
    expect(lines.at(-1)).toBe(`"${text}"${','.repeat(lines[0]!.split(',').length - 1)}`);
  });

  it('says when the proof failed, and leaves out what was not compared', () => {
    const proof = {
      ...proofFixture,
      logitError: 0,
      bound: 0,
      maskedWeights: 0,
      codes: null,
      otherZeros: 7,
      holds: false,
    };
    expect(proofText(proof)).toBe(
      'Proof of merge FAILED: logits equal bit for bit over 1,024 positions (bound 0: f32 sums in another order), 7 further zeros.',
    );
  });

  it('lets a name neither break the table nor run in a spreadsheet', () => {
    const row = { ...results[0]!, label: '=HYPERLINK("x")|<b>' };
    expect(toMarkdown([row], 'accuracy').split('\n')[2]).toMatch(/^\| =HYPERLINK\("x"\)\\\|\\<b\\> \|/);
    expect(toCsv([row], 'accuracy').split('\r\n')[1]).toMatch(/^"'=HYPERLINK\(""x""\)\|<b>",/);
  });
});

describe('numbers', () => {
  it('are written as people read them', () => {
    expect([compact(67), compact(205_568), compact(6_738_000_000), compact(999_999)]).toEqual([
      '67',
      '206 K',
      '6.74 B',
      '1.00 M',
    ]);
    expect([bytes(822), bytes(822_272), bytes(1.3e9)]).toEqual(['822 B', '822 kB', '1.3 GB']);
    expect([duration(45_000), duration(192_000), duration(7_500_000)]).toEqual([
      '45 s',
      '3 min 12 s',
      '2 h 5 min',
    ]);
    expect([3000, 42_000, 100_000, 4e6, 29e6, 31e6].map(roughly)).toEqual([
      'a few seconds',
      'about 40 s',
      'about 1.5 min',
      'about 67 min',
      'about 8 h',
      'about 8.5 h',
    ]);
    expect([scoreText(0.625, 'accuracy'), scoreText(1 / 3.705, 'perplexity')]).toEqual(['62.5 %', '3.705']);
  });
});

describe('geneGrid', () => {
  it('has a row a kind of gene and a column a layer', () => {
    const { groups } = startedFixture(4);
    const grid = geneGrid(
      groups,
      groups.map((group) => group.choices.length - 1),
    );
    expect(grid.map((row) => row.label)).toEqual(['rank q k v', 'width gate up', 'rank gate up']);
    expect(grid[1]?.cells.map((cell) => [cell?.value, cell?.fraction])).toEqual(
      [0, 1, 2, 3].map(() => [88, 0.5]),
    );
  });

  it('has rows of heads and blocks, and names a shared group once', () => {
    const names = (part: string, roles: string[]) =>
      [0, 1].flatMap((layer) => roles.map((role) => `model.layers.${layer}.${part}.${role}_proj`));
    const groups = [
      { id: 'a', kind: 'width' as const, layer: 0, members: names('mlp', ['gate', 'up']), choices: [8, 4] },
      { id: 'b', kind: 'heads' as const, layer: 0, members: names('self_attn', ['q']), choices: [2, 1] },
      { id: 'c', kind: 'block' as const, layer: 1, members: ['o', 'down'], choices: [1, 0] },
    ];
    const grid = geneGrid(groups, [1, 1, 1]);
    expect(grid.map((row) => row.label)).toEqual(['width gate up', 'heads', 'block']);
    expect(grid[2]?.cells.map((cell) => cell?.fraction ?? null)).toEqual([null, 0]);
  });
});
