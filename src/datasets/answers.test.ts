import { describe, expect, it } from 'vitest';
import { isRight } from './answers.ts';
import type { AnswerCheck } from './item.ts';

const words = ['A', 'B', 'C'];

describe('isRight', () => {
  it.each<[AnswerCheck, string, boolean]>([
    [{ kind: 'text', gold: 'a cat' }, ' a cat\n', true],
    [{ kind: 'text', gold: 'a cat' }, 'a cat.', false],
    [{ kind: 'number', gold: '51' }, 'He pays 76 - 25 = 51.0 dollars.', true],
    [{ kind: 'number', gold: '51' }, '51 and not 25', false],
    [{ kind: 'number', gold: '1.8333333333333335' }, '1.833', true],
    [{ kind: 'number', gold: '1.8333333333333335' }, '1.83', false],
    [{ kind: 'number', gold: '-15.0' }, 'x = -15', true],
    [{ kind: 'number', gold: '3' }, 'three', false],
    [{ kind: 'gsm8k', gold: '1,000' }, '… <<1200-200=1000>>1000.\n#### 1000', true],
    [{ kind: 'gsm8k', gold: '18' }, '#### $18. Then 5 more', true],
    [{ kind: 'gsm8k', gold: '18' }, 'so the answer is 18', true],
    [{ kind: 'gsm8k', gold: '18' }, '#### 17\n18', false],
    [{ kind: 'gsm8k', gold: '0' }, 'it cannot be known #### .', false],
    [{ kind: 'word', gold: 'B', words }, ' B', true],
    [{ kind: 'word', gold: 'B', words }, 'A or B', false],
    [{ kind: 'word', gold: 'answer2', words: ['answer1', 'answer2'] }, 'the correct answer is answer2', true],
    [{ kind: 'word', gold: 'false', words: ['true', 'false'] }, 'the correct answer is true', false],
    [{ kind: 'word', gold: 'ice cream', words: ['ice', 'ice cream'] }, 'ice cream', true],
    [{ kind: 'word', gold: 'B', words }, '', false],
  ])('%j in %j: %s', (check, written, right) => {
    expect(isRight(check, written)).toBe(right);
  });
});
