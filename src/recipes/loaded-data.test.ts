import { beforeAll, describe, expect, it } from 'vitest';
import { openData, type DataFile } from '../datasets/parse.ts';
import { bytesSource } from '../formats/source.ts';
import { dataInfoSchema } from '../session/events.ts';
import { readAs, readData, readingOf } from './loaded-data.ts';

const fileOf = (name: string, value: unknown) =>
  openData(bytesSource(name, new TextEncoder().encode(JSON.stringify(value))));

const firstOf = ({ content }: ReturnType<typeof readData>) =>
  content?.kind === 'pairs' ? content.items[0] : content;

describe('data as a log says that it was read', () => {
  const columns = { prompt: 'question', answer: 'answer' };
  let choices: DataFile;
  let numbers: DataFile;
  beforeAll(async () => {
    choices = await fileOf('mmlu.json', [{ question: 'Which?', choices: ['one', 'two'], answer: 1 }]);
    numbers = await fileOf('mawps.json', [
      { question: 'N_00 and N_01 ?', numbers: '2 3', equation: '+ N_00 N_01', answer: 5 },
    ]);
  });

  it('is a plain pair in logs from before data sets were known, whatever it is read as today', () => {
    for (const [file, prompt, answer] of [
      [choices, 'Which?', '1'],
      [numbers, 'N_00 and N_01 ?', '5'],
    ] as const) {
      const today = readData(file);
      expect(today.title).not.toBeNull();
      const then = readAs(today, { columns });
      expect(firstOf(then)).toMatchObject({ prompt, answer, options: null });
      expect(then.title).toBeNull();
      expect(readingOf(then)).toEqual({ columns, reading: 'pair' });
    }
  });

  it('is as published where the log says so, and is read once', () => {
    const today = readData(choices);
    expect(readingOf(today)).toEqual({ columns, reading: 'published' });
    expect(readAs(today, readingOf(today))).toBe(today);
    const plain = readData(choices, columns, 'pair');
    expect(readAs(plain, readingOf(plain))).toBe(plain);
    expect(firstOf(readAs(plain, readingOf(today)))).toEqual(firstOf(today));
  });

  it('is running text where its other columns were not known yet', async () => {
    const table = await fileOf('both.json', [{ text: 'Once upon.', squestion: 'a?', lsolutions: [1] }]);
    const today = readData(table);
    expect(today.content?.kind).toBe('pairs');
    expect(readAs(today, { columns: null }).content).toEqual({
      kind: 'documents',
      documents: ['Once upon.'],
    });
    expect(readAs(today, {})).toBe(today);
  });

  it('leaves logs without it valid', () => {
    const info = {
      name: 'd',
      sha256: 'a'.repeat(64),
      bytes: 1,
      train: 1,
      validation: 1,
      test: 1,
      tooLong: 0,
      columns,
    };
    expect(dataInfoSchema.parse(info).reading).toBeUndefined();
    expect(dataInfoSchema.parse({ ...info, reading: 'published' }).reading).toBe('published');
    expect(() => dataInfoSchema.parse({ ...info, reading: 'other' })).toThrowError();
  });
});
