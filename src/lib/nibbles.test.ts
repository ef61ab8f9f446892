import { array, assert, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { packNibbles, unpackNibbles } from './nibbles.ts';

test('low nibble first, rows padded to whole words', () => {
  expect([...packNibbles([1, 2, 3, 15, 14, 13], 3)]).toEqual([0x21, 3, 0, 0, 0xef, 13, 0, 0]);
});

test('what is packed comes back', () => {
  assert(
    property(integer({ min: 1, max: 20 }), array(integer({ min: 0, max: 15 })), (columns, codes) => {
      const whole = codes.slice(0, Math.floor(codes.length / columns) * columns);
      expect([...unpackNibbles(packNibbles(whole, columns), columns)]).toEqual(whole);
    }),
  );
});
