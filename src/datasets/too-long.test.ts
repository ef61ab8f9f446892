import { expect, it } from 'vitest';
import { allTooLong } from './too-long.ts';

it('names the length that takes most of the examples, within what the model can', () => {
  const lengths = [300, 100, 110, 120, 130, 140, 150, 160, 170, 180];
  const upTo = (raisableTo: number) => allTooLong(lengths, { maxLength: 64, raisableTo });
  expect(upTo(2048)).toMatchObject({
    message: 'All 10 examples are longer than 64 tokens; the shortest has 100.',
    remedy: expect.stringMatching(/^Set “Longest”.* to 180 tokens, which takes 9 of them/) as string,
  });
  expect(upTo(128).remedy).toMatch(/to 128 tokens, which takes 3 of them/);
  expect(upTo(80).remedy).toBe('80 is the most for this model. Use shorter examples.');
  expect(allTooLong([100], { maxLength: 64, answerRoom: 8 })).toMatchObject({
    message: 'All 1 examples are longer than 64 tokens, with 8 for the answer; the shortest has 100.',
    remedy: '64 is the most for this model. Allow shorter answers, or use shorter examples.',
  });
});
