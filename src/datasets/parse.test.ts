import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../formats/source.ts';
import { PareError } from '../lib/assert.ts';
import { hasShared, readSharedBytes } from '../lib/golden.testing.ts';
import type { Table } from './data.ts';
import { openData, parseData } from './parse.ts';

const table = (text: string, file: string): Table => {
  const data = parseData(text, file);
  if (data.kind !== 'table') throw new Error('not a table');
  return data;
};

/** The JSON cell that Pare's tables show as text. */
const shown = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

describe('JSON lines', () => {
  it('takes differing columns, blank lines, numbers, and what is nested', () => {
    const text = '\uFEFF{"q":"a","n":51.0}\r\n\n{"q":"b","x":[1,{"y":null}]}\n{"q":null,"n":true}';
    expect(table(text, 'd.jsonl')).toEqual({
      kind: 'table',
      columns: ['q', 'n', 'x'],
      rows: [
        ['a', '51', ''],
        ['b', '', '[1,{"y":null}]'],
        ['', 'true', ''],
      ],
      lines: [1, 3, 4],
    });
  });

  it('treats odd names as any other', () => {
    expect(table('{"__proto__":"x","toString":"y"}\n{"a":"z"}', 'd.jsonl').rows).toEqual([
      ['x', 'y', ''],
      ['', '', 'z'],
    ]);
  });

  it.each([
    ['{"a":1}\n{"a":}', /d\.jsonl, line 2: column 6: a value was expected/],
    ['{"a":1}\n\n[1]', /line 3: this is not an object/],
    ['{"a":1}\n{"a":1} {', /line 2: column 9/],
    ['{}\n', /line 1: there is no example/],
    [' \n\t', /line 1: the file is empty/],
  ])('names the line in %j', (text, message) => {
    expect(() => parseData(text, 'd.jsonl')).toThrowError(PareError);
    expect(() => parseData(text, 'd.jsonl')).toThrowError(message);
  });

  it('round-trips any texts', () => {
    const rows = fc.array(
      fc.record({ q: fc.string(), a: fc.oneof(fc.string({ minLength: 1 }), fc.integer(), fc.boolean()) }),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(rows, (list) => {
        const read = table(list.map((row) => JSON.stringify(row)).join('\n'), 'd.jsonl');
        expect(read.rows).toEqual(list.map(({ q, a }) => [q, shown(a)]));
      }),
    );
  });
});

describe('JSON', () => {
  it('takes an array, or one under "data", and knows the lines', () => {
    const list = '[\n {"a": "x,\\"]["},\n\n {"a": [\n2], "b": {"c": 1}}, {"a": 3}\n]';
    expect(table(list, 'd.json').lines).toEqual([2, 4, 5]);
    const wrapped = table(`{"note": [[1], 2],\n"data":\n${list}, "more": [[1]]}`, 'd.json');
    expect(wrapped.rows).toEqual(table(list, 'd.json').rows);
    expect(wrapped.lines).toEqual([4, 6, 7]);
    expect(table('{"data":[{"a":1}]}\n', 'd.json').columns).toEqual(['a']);
  });

  it('takes JSON lines under another name', () => {
    expect(table('{"a":1}\n{"a":2}\n', 'd.json').lines).toEqual([1, 2]);
  });

  it.each([
    ['[\n{"a":1},\n{"a" 2}]', /d\.json, line 3: column 6: a colon/],
    ['[\n{"a":1},\n7,\n{"a":1}]', /line 3: element 1 is not an object/],
    ['{"a":1}', /line 1: neither an array/],
    ['"text"', /line 1: neither an array/],
    ['[]', /no example/],
  ])('names the line in %j', (text, message) => {
    expect(() => parseData(text, 'd.json')).toThrowError(message);
  });
});

const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;

describe('CSV', () => {
  it('takes quotes, separators, doubled quotes, line breaks and either line end', () => {
    const read = table('q,"a b",c\r\n"x, ""y""\r\nz",1,\r\n\r\nlast,"",3', 'd.csv');
    expect(read.columns).toEqual(['q', 'a b', 'c']);
    expect(read.rows).toEqual([
      ['x, "y"\r\nz', '1', ''],
      ['last', '', '3'],
    ]);
    expect(read.lines).toEqual([2, 5]);
    expect(table('a\tb\n1,5\t2', 'd.tsv').rows).toEqual([['1,5', '2']]);
  });

  it.each([
    ['a,b\n1,2\n3', /d\.csv, line 3: 1 cells, but the header has 2/],
    ['a,b\n"1\n2",3\n4,5,6', /line 4: 3 cells/],
    ['a,b\n1,2\n"3,4\n5', /line 3: a quote is opened and never closed/],
    ['a,b\n"1"x,2', /line 2: there is text after a closing quote/],
    ['a,a\n1,2', /line 1: two columns have the same name/],
    ['a,\n1,2', /line 1: a column has no name/],
    ['a,b\n', /no row after the header/],
  ])('names the line in %j', (text, message) => {
    expect(() => parseData(text, 'd.csv')).toThrowError(message);
  });

  it('round-trips any texts', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ' ', ',', '"', '\n', '\r', 'é', '\t') });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (rows) => {
        const text = ['q,a', ...rows.map((row) => row.map(quote).join(','))].join('\n');
        expect(table(text, 'd.csv').rows).toEqual(rows);
      }),
    );
  });
});

describe('plain text', () => {
  it('is cut at the separator, else at blank lines', () => {
    expect(parseData('\n a\n\nb <|endoftext|>\n<|endoftext|>c', 'd.txt')).toEqual({
      kind: 'documents',
      documents: ['a\n\nb', 'c'],
    });
    expect(parseData('a\nb\n \t\r\nc\n\n\n\nd\n', 'd')).toEqual({
      kind: 'documents',
      documents: ['a\nb', 'c', 'd'],
    });
    expect(() => parseData('<|endoftext|>\n', 'd.txt')).toThrowError(/line 1: the file is empty/);
  });
});

describe('openData', () => {
  it('hashes the bytes as they are', async () => {
    const opened = await openData(bytesSource('x/d.csv', new TextEncoder().encode('a\nb')));
    expect(opened).toMatchObject({ name: 'd.csv', bytes: 3, dataset: { kind: 'table' } });
    expect(opened.sha256).toBe('7e18f737311b2dc3b2f269dd78396b0351f14fb66efa879f768cb23181883c78');
  });

  const shared: [string, number, string[]][] = [
    ['data/gsm8k/test.jsonl', 1319, ['question', 'answer']],
    ['data/svamp/SVAMP.json', 1000, ['ID', 'Body', 'Question', 'Equation', 'Answer', 'Type']],
    ['data/llm-adapters/boolq/test.json', 3270, ['instruction', 'input', 'output', 'answer']],
  ];
  it.skipIf(!hasShared('data')).each(shared)('reads %s', async (path, rows, columns) => {
    const { dataset } = await openData(bytesSource(path, readSharedBytes(path)));
    expect(dataset).toMatchObject({ kind: 'table', columns });
    if (dataset.kind === 'table') expect(dataset.rows.length).toBe(rows);
  });
});
