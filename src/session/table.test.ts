import { describe, expect, it } from 'vitest';
import { bytes, compact, duration, roughly, scoreText } from './format.ts';
import { geneGrid } from './genes.ts';
import { viewOf } from './reduce.ts';
import { logFixture, startedFixture } from './session.testing.ts';
import { columns, readableRows, toCsv, toMarkdown } from './table.ts';

const { results } = viewOf(logFixture());

describe('the results table', () => {
  it('has the paper’s columns', () => {
    expect(columns('accuracy').map((column) => column.title)).toEqual([
      'Model',
      'Accuracy',
      'Sparsity',
      'Precision',
      'TMACs @256',
      'Total params',
      'Non-zero params',
      'Speed-up',
    ]);
    expect(columns('perplexity')[1]?.title).toBe('Perplexity');
  });

  it('writes the cost of a tiny model in powers of ten', () => {
    const cost = columns('accuracy')[4]!;
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
    expect([roughly(3000), roughly(42_000), roughly(100_000), roughly(4e6)]).toEqual([
      'a few seconds',
      'about 40 s',
      'about 1.5 min',
      'about 67 min',
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
});
