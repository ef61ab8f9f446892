import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PareError } from '../lib/assert.ts';
import { Random } from '../lib/random.ts';
import { type Split, splitExamples } from './split.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
const split = (count: number, validation: number, test: number, seed = 1) =>
  splitExamples(numbers(count), { validation, test }, String, new Random(seed));

describe('splitExamples', () => {
  it('takes counts and shares, keeps every example once, and follows the seed', () => {
    const { train, validation, test } = split(100, 20, 0.1);
    expect([train.length, validation.length, test.length]).toEqual([70, 20, 10]);
    expect([...train, ...validation, ...test].toSorted((a, b) => a - b)).toEqual(numbers(100));
    expect(split(100, 20, 0.1)).toEqual({ train, validation, test });
    expect(split(100, 20, 0.1, 2).test).not.toEqual(test);
    expect(split(10, 0, 0).train.length).toBe(10);
  });

  it('never puts one prompt on two sides', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(12), { minLength: 8, maxLength: 60 }), fc.nat(), (prompts, seed) => {
        const examples = prompts.map((prompt, id) => ({ prompt: String(prompt), id }));
        let parts: Split<(typeof examples)[number]>;
        try {
          parts = splitExamples(
            examples,
            { validation: 2, test: 2 },
            ({ prompt }) => prompt,
            new Random(seed),
          );
        } catch (error) {
          expect(error).toBeInstanceOf(PareError);
          return;
        }
        const sides = [parts.train, parts.validation, parts.test].map(
          (part) => new Set(part.map(({ prompt }) => prompt)),
        );
        const distinct = new Set(sides.flatMap((side) => [...side]));
        expect(sides.reduce((sum, side) => sum + side.size, 0)).toBe(distinct.size);
        expect([parts.train, parts.validation, parts.test].flat().length).toBe(examples.length);
        expect(parts.validation.length <= 2 && parts.test.length <= 2).toBe(true);
      }),
    );
  });

  it('says when there is too little', () => {
    expect(() => split(30, 20, 10)).toThrowError(
      /30 examples cannot be divided into 20 for validation, 10 for the test/,
    );
    expect(() => split(2, 1, 1)).toThrowError(PareError);
    const same = Array.from({ length: 20 }, () => 'x');
    expect(() => splitExamples(same, { validation: 5, test: 5 }, String, new Random(1))).toThrowError(
      /only 1 different prompts/,
    );
  });
});
