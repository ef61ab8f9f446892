import { describe, expect, it } from 'vitest';
import { hasShared, readSharedBytes } from '../lib/golden.testing.ts';
import { documentsOf, recogniseColumns, toItems, type ColumnChoice } from './columns.ts';
import type { Table } from './data.ts';
import { parseData } from './parse.ts';
import { toPair } from './template.ts';

const toPairs = (data: Table, file: string, choice?: ColumnChoice) =>
  toItems(data, file, choice).map((item) => toPair(item, 'auto'));

const table = (columns: string[], ...rows: string[][]): Table => ({
  kind: 'table',
  columns,
  rows,
  lines: rows.map((_, i) => i + 2),
});

const sharedTable = (path: string): Table =>
  parseData(new TextDecoder().decode(readSharedBytes(path)), path) as Table;

describe('recogniseColumns', () => {
  it.each([
    [['id', 'question', 'answer'], 'question', 'answer'],
    [['Body', 'Question', 'Equation', 'Answer'], 'Question', 'Answer'],
    [['answer', 'output', 'input', 'instruction'], 'instruction', 'output'],
    [['instruction', 'answer'], 'instruction', 'answer'],
    [['completion', 'prompt'], 'prompt', 'completion'],
  ])('knows %j', (columns, prompt, answer) => {
    expect(
      recogniseColumns(
        table(
          columns,
          columns.map(() => 'x'),
        ),
      ),
    ).toMatchObject({ prompt, answer });
  });

  it('passes over an answer column that is empty', () => {
    const columns = ['instruction', 'input', 'output', 'answer'];
    expect(recogniseColumns(table(columns, ['x', '', '', '3']))).toMatchObject({
      prompt: 'instruction',
      answer: 'answer',
    });
  });

  it('finds running text, and nothing in unknown columns', () => {
    expect(documentsOf(table(['id', 'Text'], ['1', ' a '], ['2', '']))).toEqual({
      kind: 'documents',
      documents: ['a'],
    });
    expect(documentsOf(table(['question', 'answer', 'text'], ['1', '2', '3']))).toBeNull();
    expect(recogniseColumns(table(['a', 'b'], ['1', '2']))).toBeNull();
  });
});

const only = (data: Table, ...choice: [] | [{ prompt: string; answer: string }]) =>
  toPairs(data, 'd.csv', ...choice)[0];

/** A prompt/completion row as a pair. */
const join = (...row: string[]) => only(table(['prompt', 'completion'], row));

describe('toItems and toPair', () => {
  it('puts one blank between question and answer', () => {
    expect(only(table(['question', 'answer'], [' What? ', ' 4 ']))).toMatchObject({
      prompt: 'What?',
      answer: ' 4',
      line: 2,
    });
  });

  it('leaves the white space of a completion where it is', () => {
    expect(join('a\n', 'b\n')).toMatchObject({ prompt: 'a\n', answer: 'b' });
    expect(join('a', '\tb')).toMatchObject({ prompt: 'a', answer: '\tb' });
    expect(join('a', 'b')).toMatchObject({ prompt: 'a', answer: ' b' });
  });

  it('writes the Alpaca prompt, with and without input', () => {
    const columns = ['instruction', 'input', 'output'];
    const head = 'Below is an instruction that describes a task';
    expect(only(table(columns, ['Add.', '', '3']))).toMatchObject({
      prompt: `${head}. Write a response that appropriately completes the request.\n\n### Instruction:\nAdd.\n\n### Response:\n`,
      answer: '3',
      line: 2,
    });
    expect(only(table(columns, ['Add.', '1 2', '3']))?.prompt).toBe(
      `${head}, paired with an input that provides further context. Write a response that appropriately completes the request.\n\n### Instruction:\nAdd.\n\n### Input:\n1 2\n\n### Response:\n`,
    );
  });

  it("puts SVAMP's story before its question", () => {
    const columns = ['Body', 'Question', 'Answer'];
    expect(only(table(columns, ['He had 3', 'How many?', '3']))?.prompt).toBe('He had 3. How many?');
    expect(only(table(columns, ['He had 3.', 'How many?', '3']))?.prompt).toBe('He had 3. How many?');
  });

  it('takes the columns that the user picks', () => {
    const data = table(['a', 'b', 'question', 'answer'], ['1', '2', '3', '4']);
    expect(only(data, { prompt: 'b', answer: 'a' })).toMatchObject({ prompt: '2', answer: ' 1', line: 2 });
    expect(() => only(data, { prompt: 'b', answer: 'z' })).toThrowError(
      /no column "z"; it has a, b, question, answer/,
    );
  });

  it('names what is missing, and the line', () => {
    const columns = ['question', 'answer'];
    expect(() => toPairs(table(columns, ['a', 'b'], ['c', ' ']), 'd.csv')).toThrowError(
      /d\.csv, line 3: the column "answer" is empty/,
    );
    expect(() => toPairs(table(columns, ['', 'b']), 'd.csv')).toThrowError(
      /line 2: the column "question" is empty/,
    );
    expect(() => toPairs(table(['x'], ['1']), 'd.csv')).toThrowError(/has the columns x; none of them/);
  });

  it.skipIf(!hasShared('data'))('reads the shared data sets', () => {
    expect(toPairs(sharedTable('data/svamp/SVAMP.json'), 'SVAMP.json')[0]).toMatchObject({
      prompt:
        'Each pack of dvds costs 76 dollars. If there is a discount of 25 dollars on each pack. How much do you have to pay to buy each pack?',
      answer: ' 51',
      line: 2,
    });
    const mawps = toPairs(sharedTable('data/llm-adapters/mawps/test.json'), 'test.json');
    expect(mawps[1]?.answer).toBe('-15.0');
    expect(toPairs(sharedTable('data/llm-adapters/ARC-Easy/test.json'), 'test.json')[0]?.answer).toBe(
      'the correct answer is answer1',
    );
    expect(toPairs(sharedTable('data/gsm8k/test.jsonl'), 'test.jsonl')[1]?.answer).toMatch(
      /^ It takes .*#### 3$/s,
    );
  });
});
