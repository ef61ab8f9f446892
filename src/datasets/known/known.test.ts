import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasShared, readSharedBytes } from '../../lib/golden.testing.ts';
import { recogniseColumns, toItems } from '../columns.ts';
import type { Table } from '../data.ts';
import { parseData } from '../parse.ts';
import { parseParquet } from '../parquet.ts';
import { toPair } from '../template.ts';

const read = (table: Table, name = 'd') => {
  const items = toItems(table, name);
  return { title: recogniseColumns(table)?.title, items, pairs: items.map((item) => toPair(item, 'auto')) };
};
const rows = (...records: object[]) => read(parseData(JSON.stringify(records), 'd.json') as Table);
const shared = (path: string) =>
  read(parseData(new TextDecoder().decode(readSharedBytes(`data/${path}`)), path) as Table, path);
const parquet = async (name: string) =>
  read(
    await parseParquet(
      new Uint8Array(readFileSync(new URL(`../fixtures/${name}.parquet`, import.meta.url))),
      name,
    ),
  );

describe('known data sets', () => {
  it('reads GSM8K, calculator annotations kept, the number after #### as the answer', async () => {
    const { title, items } = await parquet('gsm8k');
    expect(title).toBe('GSM8K');
    expect(items[1]).toMatchObject({ check: { kind: 'gsm8k', gold: '1,000' }, options: null });
    expect(items[1]?.answer).toContain('<<1200-200=1000>>');
  });

  it('reads ARC with as many options as each question has, by letters or digits', async () => {
    const { title, items, pairs } = await parquet('arc');
    expect(title).toBe('ARC, OpenBookQA (multiple choice)');
    expect(pairs[1]).toMatchObject({
      prompt: 'Question: Which is a metal?\nAnswer:',
      answer: ' iron',
      options: [' oak', ' iron', ' salt'],
      correct: 1,
    });
    expect(items[1]?.question).toBe('Which is a metal?\n1. oak\n2. iron\n3. salt');
    const stem = rows({
      question_stem: 'Ice is',
      choices: [
        { text: 'hot', label: 'A' },
        { text: 'cold', label: 'B' },
      ],
      answerKey: 'B',
    });
    expect(stem.pairs[0]).toMatchObject({ prompt: 'Ice is', answer: ' cold', correct: 1 });
  });

  it('reads MMLU with its letters', async () => {
    const { pairs } = await parquet('mmlu');
    expect(pairs[0]).toMatchObject({
      prompt:
        'The following are multiple choice questions (with answers) about elementary mathematics.\n\n2 + 2 = ?\nA. 3\nB. 4\nC. 5\nD. 6\nAnswer:',
      answer: ' B',
      options: [' A', ' B', ' C', ' D'],
      correct: 1,
    });
  });

  it("reads HellaSwag, cleaned up as the harness's task does", () => {
    const { pairs } = rows({
      activity_label: 'Skiing',
      ctx_a: 'A man skis [header] down.',
      ctx_b: 'he',
      ctx: '…',
      endings: ['falls.', 'flies [title] away.'],
      label: '1',
    });
    expect(pairs[0]).toMatchObject({
      prompt: 'Skiing: A man skis down. He',
      options: [' falls.', ' flies. away.'],
      answer: ' flies. away.',
      correct: 1,
    });
  });

  it.each<[string, unknown]>([
    ['a list', ['A)21', 'B)21.5', 'C)22']],
    ['one text', 'A)21 B)21.5 C)22'],
    ["pandas' list", "['A)21', 'B)21.5', 'C)22']"],
  ])('reads AQuA, its options as %s', (_, options) => {
    const { title, pairs } = rows({ question: 'How much?', options, rationale: 'So.', correct: 'B' });
    expect(title).toBe('AQuA');
    expect(pairs[0]).toMatchObject({
      prompt: 'How much? Answer Choices: (A) 21 (B) 21.5 (C) 22\nThe answer is',
      answer: ' B',
      correct: 1,
      check: { kind: 'word', gold: 'B', words: ['A', 'B', 'C'] },
    });
  });

  it('reads the three forms of MAWPS', () => {
    const expected = { prompt: 'Tom has 3 and 4 .', answer: ' 7', check: { kind: 'number' } };
    expect(rows({ original_text: 'Tom has 3 and 4 .', equation: 'x=3+4', ans: 7 }).pairs[0]).toMatchObject(
      expected,
    );
    expect(
      rows({ sQuestion: 'Tom has 3 and 4 .', lEquations: ['X=3+4'], lSolutions: [7] }).pairs[0],
    ).toMatchObject(expected);
    expect(
      rows({ Question: 'Tom has N_00 and N_01 .', Numbers: '3 4', Equation: '+ N_00 N_01', Answer: 7 })
        .pairs[0],
    ).toMatchObject(expected);
  });

  it('names row and column of what does not fit', () => {
    const good = { question: 'a', choices: ['x', 'y'], answer: 1 };
    expect(() => rows(good, { ...good, answer: 2 })).toThrowError(
      /^d, line 1: the column "answer" cannot be used: it is no place from 0 to 1/,
    );
    expect(() => rows(good, { ...good, choices: ['x'] })).toThrowError(/column "choices" cannot be used/);
  });

  it('is not held up by texts that were made to', { timeout: 20_000 }, () => {
    const long = 10 ** 6;
    const aqua = { question: 'a', correct: 'A', options: ' '.repeat(long) };
    expect(() => rows({ ...aqua, options: `A) 1${' '.repeat(long)}B` })).toThrowError(/column "options"/);
    expect(() => rows({ ...aqua, options: `['${"\\\\'".repeat(long)}]` })).toThrowError(/column "options"/);
    const story = { ctx: '['.repeat(long), endings: ['a', '['.repeat(long)], label: 0 };
    expect(rows(story).pairs[0]?.correct).toBe(0);
  });

  it.skipIf(!hasShared('data'))('reads the shared files as what they are', () => {
    const arc = shared('llm-adapters/ARC-Easy/test.json');
    expect(arc.title).toBe('LLM-Adapters, commonsense');
    expect(arc.items.every(({ options, correct, answer }) => options?.[correct] === answer)).toBe(true);
    expect(shared('llm-adapters/boolq/test.json').items[0]).toMatchObject({
      options: ['the correct answer is true', 'the correct answer is false'],
      correct: 1,
      check: { kind: 'word', gold: 'false', words: ['true', 'false'] },
    });
    expect(shared('llm-adapters/mawps/test.json').items[1]?.check).toEqual({ kind: 'number', gold: '-15.0' });
    expect(shared('llm-adapters/mawps/trainset.json')).toMatchObject({ title: 'MAWPS' });
    expect(shared('svamp/SVAMP.json').title).toBe('SVAMP');
    expect(shared('gsm8k/train.jsonl').items.every(({ check }) => check.kind === 'gsm8k')).toBe(true);
  });
});
