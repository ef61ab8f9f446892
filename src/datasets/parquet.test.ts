import { array, assert, asyncProperty, boolean, constantFrom, integer, nat, tuple } from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../formats/source.ts';
import { PareError } from '../lib/assert.ts';
import { openData } from './parse.ts';
import { parseParquet } from './parquet.ts';

/** Written by pyarrow: tools/parquet-fixtures.py. */
const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`fixtures/${name}.parquet`, import.meta.url)));

describe('parseParquet', () => {
  it('reads texts over several row groups', async () => {
    const { dataset } = await openData(bytesSource('train.parquet', fixture('gsm8k')));
    expect(dataset).toMatchObject({ columns: ['question', 'answer'], lines: [1, 2], unit: 'row' });
    if (dataset.kind !== 'table') throw new Error('no table');
    expect(dataset.rows[1]).toEqual([
      'Tom has 1,200 stamps and sells 200. How many are left?',
      'He keeps 1200 - 200 = <<1200-200=1000>>1000.\n#### 1,000',
    ]);
  });

  it('writes lists and structs as JSON, numbers as they are, and nothing for null', async () => {
    expect((await parseParquet(fixture('arc'), 'arc')).rows[1]).toEqual([
      'A_2',
      'Which is a metal?',
      '{"text":["oak","iron","salt"],"label":["1","2","3"]}',
      '2',
    ]);
    expect(await parseParquet(fixture('kinds'), 'kinds')).toMatchObject({
      columns: ['text', 'big', 'real', 'yes', 'nested'],
      rows: [
        ['one', '1152921504606846976', '0.5', 'true', '[[1,2],[]]'],
        ['', '-1', '1e+300', 'false', ''],
        ['', '', '', '', '[[3]]'],
      ],
    });
  });

  it('names the place of what it cannot read', async () => {
    const bytes = fixture('gsm8k');
    await expect(parseParquet(fixture('zstd'), 'z')).rejects.toThrowError(/compressed with ZSTD/);
    await expect(parseParquet(bytes.subarray(0, 900), 'cut')).rejects.toThrowError(
      /cut: the footer: it is cut/,
    );
    await expect(openData(bytesSource('x.parquet', bytes.subarray(1)))).rejects.toThrowError(
      /x\.parquet does not begin as a Parquet file/,
    );
    // The page header behind `PAR1`: type, then its uncompressed size.
    const lying = bytes.slice();
    lying.set([0xfe, 0xff, 0xff, 0xff, 0x0f], 7);
    await expect(parseParquet(lying, 'd')).rejects.toThrowError(/^d, row group 1, column "question": /);
  });

  it('gives a table or an error that names the file, whatever the bytes', { timeout: 60_000 }, async () => {
    const files = ['gsm8k', 'arc', 'mmlu', 'kinds'].map(fixture);
    const edits = array(tuple(nat(), integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 6,
    });
    await assert(
      asyncProperty(constantFrom(...files), edits, boolean(), async (file, changes, footer) => {
        const bytes = file.slice();
        // Half of the changes go where the claims are.
        const from = footer ? bytes.length >> 1 : 4;
        for (const [at, value] of changes) bytes[from + (at % (bytes.length - from))] = value;
        const outcome = await parseParquet(bytes, 'mutated').catch((error: unknown) => error);
        if (!(outcome instanceof Error)) return;
        expect(outcome).toBeInstanceOf(PareError);
        expect(outcome.message).toMatch(/mutated|compressed with/);
      }),
      { numRuns: 400 },
    );
  });
});
