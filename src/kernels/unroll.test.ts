import { describe, expect, it } from 'vitest';
import { unroll } from './unroll.ts';

const flat = (code: string) => code.replace(/\s+/g, ' ').trim();

describe('unroll', () => {
  it('writes a loop out, each copy in a scope of its own', () => {
    const code = 'for (var d = 0u; d < PARTS; d++) { let x = q[d]; sum[d] += x * id; }';
    expect(flat(unroll(code, { PARTS: 2 }))).toBe(
      '{ let x = q[0u]; sum[0u] += x * id; } { let x = q[1u]; sum[1u] += x * id; }',
    );
  });

  it('writes loops out that stand in loops, and leaves the others', () => {
    const code = `for (var j = 0u; j < end; j++) {
      for (var i = 0u; i < EACH; i++) { if (i < j) { for (var d = 0u; d < PARTS; d++) { f(i * PARTS + d); } } }
    }`;
    expect(flat(unroll(code, { PARTS: 1, EACH: 2 }))).toBe(
      'for (var j = 0u; j < end; j++) { { if (0u < j) { { f(0u * PARTS + 0u); } } } { if (1u < j) { { f(1u * PARTS + 0u); } } } }',
    );
  });

  it('refuses a loop that does not end', () => {
    expect(() => unroll('for (var d = 0u; d < PARTS; d++) { f(d);', { PARTS: 2 })).toThrow('not closed');
  });
});
