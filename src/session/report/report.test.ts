import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { integer, scoreText } from '../format.ts';
import { viewOf } from '../reduce.ts';
import type { SessionEvent } from '../events.ts';
import { logFixture, recipeFixture, startedFixture } from '../session.testing.ts';
import { columns, readableRows } from '../table.ts';
import { emptyView } from '../view.ts';
import { reportHtml } from './report.ts';

const log = logFixture();
const view = viewOf(log);
const extras = { generated: '2026-11-22T12:00:00.000Z', link: 'https://pare.example/studio/#s1.abc-_' };
const report = reportHtml(log, extras);

const voids = ['meta', 'br', '!doctype'];

/** Tags that were opened and not closed, or the other way round; what is quoted or in the style sheet is no tag. */
function unbalanced(text: string): string[] {
  const open: string[] = [];
  const found: string[] = [];
  const tags = text.replace(/<style>[^<]*<\/style>/, '').matchAll(/<(\/?)([!\w-]+)((?:"[^"]*"|[^<>"])*)>/g);
  for (const [whole, slash, name = '', rest = ''] of tags) {
    if (slash && open.pop() !== name) found.push(whole);
    if (!slash && !rest.endsWith('/') && !voids.includes(name)) open.push(name);
  }
  return [...found, ...open];
}

/** What the cells of a table read. */
function tableOf(text: string, name: string): string[][] {
  const table = text.split(`<table aria-label="${name}">`)[1]?.split('</table>')[0] ?? '';
  return [...table.split('<tbody>')[1]!.matchAll(/<tr[^>]*>(.*?)<\/tr>/gs)].map(([, row = '']) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell = '']) =>
      cell.replaceAll(/<[^>]*>/g, '').trim(),
    ),
  );
}

describe('the report', () => {
  it('is one page that loads and runs nothing', () => {
    expect(unbalanced(report)).toEqual([]);
    expect(report).toMatch(/^<!doctype html>/);
    expect(report).not.toMatch(/<script|<link|<img|<iframe|\son\w+=|url\(|@import|style="/i);
    const [, sheet = ''] = /<style>([^<]*)<\/style>/.exec(report) ?? [];
    const hash = `sha256-${createHash('sha256').update(sheet).digest('base64')}`;
    const policy = `default-src 'none'; style-src '${hash}'; base-uri 'none'; form-action 'none'`;
    expect(report).toContain(`content="${policy}"`);
    expect(report.match(/(href|src)="[^"]*"/g)).toEqual([`href="${extras.link}"`]);
  });

  it('has the numbers of the session, and no others', () => {
    expect(tableOf(report, 'Pareto front data')).toHaveLength(view.points.length);
    for (const [index, row] of tableOf(report, 'Pareto front data').entries()) {
      const { macs, score, generation } = view.points[index]!;
      expect(row.slice(0, 4)).toEqual([
        String(index + 1),
        integer(macs),
        scoreText(score, 'accuracy'),
        String(generation),
      ]);
    }
    expect(tableOf(report, 'Hypervolume data').map((row) => row[2])).toEqual(
      view.hypervolume.map((each) => each.hypervolume.toPrecision(5)),
    );
    const rows = readableRows(view);
    expect(tableOf(report, 'Results')).toEqual(
      rows.map((row) => columns('accuracy', rows).map((column) => column.text(row))),
    );
    const genes = tableOf(report, 'Genes of the chosen sub-network data').flatMap((row) => row.slice(1));
    const choices = view.groups.map(({ choices: sizes }, gene) => {
      return `${sizes[view.chosen!.genome[gene]!]} of ${Math.max(...sizes)}`;
    });
    expect(genes.toSorted()).toEqual(choices.toSorted());
    for (const fact of ['a'.repeat(64), 'b'.repeat(64), 'seed 7', 'SwiftShader', '2026-11-22 10:00 UTC'])
      expect(report).toContain(fact);
    expect(report).toContain('40,960 of 40,960 codes equal');
  });

  it('draws every sub-network on the front where its table says it is', () => {
    const places = [
      ...report.matchAll(/class="mark front" d="[^"]*" transform="translate\(([\d.]+) ([\d.]+)\)/g),
    ];
    const front = view.front.filter(({ tag }) => tag === null);
    expect(places).toHaveLength(front.length);
    for (const [index, [, x, y]] of places.slice(1).entries()) {
      expect(Number(x)).toBeGreaterThanOrEqual(Number(places[index]![1]));
      expect(Number(y)).toBeLessThanOrEqual(Number(places[index]![2]));
    }
  });

  it('shows names as text, whatever they hold', () => {
    const evil = `</td></style><script>alert(1)</script>"' onload="x" & <img src=x onerror=y>`;
    const recovered: SessionEvent = {
      type: 'recovered',
      at: 90_000,
      cause: 'device-lost',
      message: evil,
      device: { backend: 'webgpu', adapter: evil, kernels: evil },
      exact: false,
      accumulation: 4,
    };
    const hostile = [
      ...log,
      recovered,
      { type: 'failed' as const, at: 90_001, message: evil, remedy: evil },
    ].map((event): SessionEvent => {
      if (event.type === 'started') {
        const { model, data, groups } = event;
        const test = { name: evil, sha256: 'd'.repeat(64), bytes: 1, examples: 1, total: 1, tooLong: 0 };
        return {
          ...event,
          date: evil.slice(0, 40),
          model: { ...model, name: evil, architecture: evil, dtype: evil },
          data: { ...data, name: evil, tests: [test] },
          device: { backend: 'webgpu', adapter: evil, kernels: evil },
          groups: groups.map((group) => ({ ...group, id: group.id + evil, members: [`x.${evil}`] })),
        };
      }
      if (event.type === 'result') {
        const tests = [{ name: evil, score: 0.5, examples: 4 }];
        return { ...event, row: { ...event.row, label: evil, precision: evil, tests } };
      }
      if (event.type === 'proof') return { ...event, proof: { ...event.proof, reason: evil } };
      return event;
    });
    const preset = { label: evil, recipe: recipeFixture };
    const shown = reportHtml(hostile, { generated: evil, link: `javascript:${evil}`, preset, version: evil });
    expect(unbalanced(shown)).toEqual([]);
    expect(shown).not.toMatch(/<script|<img|<\/style><|javascript:/);
    expect(shown.match(/onload=/g)?.length).toBe(shown.match(/onload=&quot;x&quot;/g)?.length);
    expect(shown).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(tableOf(shown, 'Interruptions')[0]).toContain('within rounding, batch in 4 parts');
    const byLink = reportHtml(log, { ...extras, link: `https://x/"><script>` });
    expect(byLink).toContain('href="https://x/&quot;&gt;&lt;script&gt;"');
  });

  it('marks what differs from the preset', () => {
    const recipe = { ...recipeFixture, seed: 1, training: { ...recipeFixture.training, steps: 1000 } };
    const shown = reportHtml(log, { ...extras, preset: { label: 'LoNAS', recipe } });
    expect(shown).toContain('1 setting differs from');
    expect(tableOf(shown, 'Recipe: training')[0]).toEqual(['Steps', '300', '1000']);
    expect(reportHtml(log, { ...extras, preset: { label: 'LoNAS', recipe: recipeFixture } })).toContain(
      'As preset for this method.',
    );
  });

  it('says how the chosen model compares with the original, and when it is worse', () => {
    const measured = (score: number) =>
      log.map((event): SessionEvent => {
        if (event.type !== 'result' || event.row.tag !== 'untuned-dense') return event;
        return { ...event, row: { ...event.row, score, interval: [score - 0.02, score + 0.02] } };
      });
    expect(reportHtml(measured(0.03), extras)).toMatch(/[\d.]+ points above the untuned original/);
    const worse = reportHtml(measured(0.97), extras);
    expect(worse).toContain('The chosen model is worse than the untuned model');
    expect(unbalanced(worse)).toEqual([]);
    expect(report).not.toContain('worse than');
  });

  it('tells time and memory by stage', () => {
    const bytes = {
      weights: 800_000,
      masks: 0,
      codes: 0,
      adapters: 100_000,
      optimizer: 200_000,
      activations: 2_000_000,
      other: 0,
    };
    const [started, ...rest] = log;
    const shown = reportHtml([started!, { type: 'memory', at: 1, stage: 'train', bytes }, ...rest], extras);
    expect(tableOf(shown, 'Device memory by stage')).toEqual([
      ['Weights', '800 kB'],
      ['Adapters', '100 kB'],
      ['Optimizer', '200 kB'],
      ['Activations', '2.0 MB'],
      ['Total', '3.1 MB'],
    ]);
    expect(tableOf(shown, 'Time by stage').map((row) => row[0])).toEqual([
      'Prepare',
      'Train',
      'Search',
      'Test',
    ]);
  });

  it('is made of any session: empty, begun, of plain LoRA, of perplexities, of thousands of points', () => {
    const started = startedFixture(2);
    const lora: SessionEvent[] = [
      { ...started, groups: [], metric: 'perplexity' },
      { type: 'evaluated', at: 2, genome: null, tag: 'lora', macs: 2, score: 0.25, generation: 0 },
      { type: 'chosen', at: 3, genome: [], by: 'rule' },
    ];
    for (const session of [
      [],
      [started],
      lora,
      log.slice(0, 20),
      logFixture({ evaluations: 6000, random: true }),
    ]) {
      const shown = reportHtml(session, { ...extras, link: null });
      expect(unbalanced(shown)).toEqual([]);
      expect(shown).not.toMatch(/NaN|undefined|Infinity|\[object/);
    }
    expect(reportHtml(emptyView, extras)).toContain('An empty session');
    expect(tableOf(reportHtml(lora, extras), 'Pareto front data')[0]).toContain('4.000');
  });
});
