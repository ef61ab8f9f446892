import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Results, Row } from '../protocol.ts';
import { performancePage } from './document.ts';
import { rooflineOf, rooflinePicture } from './roofline.ts';
import { documents } from './write-document.ts';

test('the committed document is what the committed results give (npm run -s performance)', () => {
  for (const { path, text } of documents()) expect(readFileSync(path, 'utf8'), path).toBe(text);
});

const at = (median: number) => ({ median, low: median / 2, high: median * 2 });

function results(rows: readonly Row[]): Results {
  const load: [number, number] = [0.1, 0.2];
  const ceilings: Row[] = [
    { label: 'multiply–add', unit: 'GFLOP/s', value: at(10) },
    { label: 'copy', unit: 'GB/s', value: at(2) },
  ];
  return {
    date: '2026-11-22T00:00:00.000Z',
    commit: 'abc',
    machine: { processor: 'a processor', cores: 2 },
    adapter: 'default',
    facts: null,
    rounds: 7,
    versions: {},
    sections: [
      { name: 'ceilings', title: 'Ceilings', rows: ceilings, seconds: 1, load },
      { name: 'step', title: 'A step', rows, seconds: 1, load },
    ],
  };
}

test('a missed target says what bounds it, a met one does not', () => {
  const rows: Row[] = [
    { label: 'good', unit: '×', value: at(3), target: { sense: 'at least', value: 3 } },
    { label: 'bad', unit: '×', value: at(3), target: { sense: 'at most', value: 2 } },
  ];
  const measured = [
    { name: 'A', results: results(rows) },
    { name: 'B', results: results([{ ...rows[0]!, value: at(1) }]) },
  ];
  const page = performancePage('{{targets}}', measured, { 'step: ': 'loads' });
  expect(page).toContain('1 of 2 are met on A.');
  expect(page).toContain('| step | good | ≥ 3.00 | 3.00 (1.50–6.00) × | met | 1.00 (0.500–2.00) × |  |');
  expect(page).toContain('| step | bad | ≤ 2.00 | 3.00 (1.50–6.00) × | **missed** | – | loads |');
});

test('adapters stand beside each other, and sections that the template does not name come at its end', () => {
  const first = results([{ label: 'rate', unit: 'tokens/s', value: at(100) }]);
  const second = results([{ label: 'rate', unit: 'tokens/s', value: at(200) }]);
  const page = performancePage(
    '{{ceilings}}\n{{others}}',
    [
      { name: 'A', results: first },
      { name: 'B', results: second },
    ],
    {},
  );
  expect(page).toContain('### A step');
  expect(page).toContain('| rate | 100 (50.0–200) | 200 (100–400) | tokens/s |  |');
});

test('a kernel is drawn where its operations and bytes put it, under the ceilings', () => {
  const kernel = { milliseconds: 2, flop: 8e6, bytes: 1e6 };
  const given = results([{ label: '3 × matmul', unit: 'ms', value: at(2), kernel }]);
  const roofline = rooflineOf(given)!;
  expect(roofline).toMatchObject({ arithmetic: 10, copy: 2 });
  expect(roofline.points).toEqual([{ label: '3 × matmul', intensity: 8, rate: 4 }]);
  expect(rooflinePicture(roofline)).toContain('<title>3 × matmul</title>');
  // 4 of 10 GFLOP/s is nearer to its ceiling than 0.5 of 2 GB/s.
  expect(performancePage('{{step}}', [{ name: 'A', results: given }], {})).toContain('4.00 GFLOP/s, 40 %');
});
