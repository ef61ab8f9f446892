import { readdirSync, readFileSync } from 'node:fs';
import { describe } from 'vitest';
import { fuzz, type Sample } from '../formats/fuzz.testing.ts';
import type { FileSource } from '../formats/source.ts';
import { documentsOf, recogniseColumns, toItems } from './columns.ts';
import { openData } from './parse.ts';
import { toPair } from './template.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const rows = [
  { question: 'Tom has 3 apples, "green" ones.\nHow many?', answer: '3', n: 1, list: ['a', 'b'] },
  { question: 'Ann has 2.', answer: 'so #### 2', n: null, list: [] },
];
const fixtures = 'src/datasets/fixtures';

const texts: Sample[] = [
  { 'data.jsonl': bytes(rows.map((row) => JSON.stringify(row)).join('\n')) },
  { 'data.json': bytes(JSON.stringify({ data: rows }, null, 2)) },
  { 'list.json': bytes(JSON.stringify(rows)) },
  { 'data.csv': bytes('question,answer\r\n"How ""many"", Tom?\n",3\r\nAnn?,"2"\r\n') },
  { 'data.tsv': bytes('question\tanswer\nHow many?\t3\n') },
  { 'story.txt': bytes('\uFEFFOnce upon a time.\n\nThe end.<|endoftext|>Again.') },
];

async function readData([file]: readonly FileSource[]): Promise<void> {
  const { dataset } = await openData(file!);
  if (dataset.kind === 'documents') return;
  documentsOf(dataset);
  if (!recogniseColumns(dataset)) return;
  for (const item of toItems(dataset, file!.path)) toPair(item, 'alpaca');
}

describe('hostile data', () => {
  fuzz({ name: 'texts and tables', samples: () => Promise.resolve(texts), open: readData, runs: 1000 });

  fuzz({
    name: 'parquet',
    samples: () =>
      Promise.resolve(
        readdirSync(fixtures)
          .filter((name) => name.endsWith('.parquet') && name !== 'zstd.parquet')
          .map((name) => ({ [name]: new Uint8Array(readFileSync(`${fixtures}/${name}`)) })),
      ),
    open: readData,
    place: /footer|row group|column|codec|begin|rows|compressed|line|row/,
    // A dictionary stands for many values, and Snappy for many bytes.
    growth: 4096,
    runs: 500,
  });
});
