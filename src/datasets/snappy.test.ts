import { describe, expect, it } from 'vitest';
import { decompressSnappy } from './snappy.ts';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe('Snappy', () => {
  it('has literals and copies, which may reach into what they write', () => {
    const [a, b] = [97, 98];
    expect(text(decompressSnappy(Uint8Array.of(6, 1 << 2, a, b, 1, 2), 6))).toBe('ababab');
    expect(text(decompressSnappy(Uint8Array.of(4, 60 << 2, 1, a, b, (1 << 2) | 2, 1, 0), 4))).toBe('abbb');
    expect(text(decompressSnappy(Uint8Array.of(3, 0, a, (1 << 2) | 3, 1, 0, 0, 0), 3))).toBe('aaa');
    expect(decompressSnappy(Uint8Array.of(0), 0)).toHaveLength(0);
  });

  it.each([
    ['a literal of two billion bytes', [1, 63 << 2, 255, 255, 255, 255, 97], 1],
    ['a literal that is cut off', [2, 1 << 2, 97], 2],
    ['a copy from before the beginning', [5, 0, 97, 1, 2], 5],
    ['a copy from where it writes', [5, 0, 97, 1, 0], 5],
    ['an element that is cut off', [5, 0, 97, 2, 1], 5],
    ['more than is wanted', [2, 1 << 2, 97, 98], 1],
    ['less than is wanted', [2, 1 << 2, 97, 98], 3],
  ])('refuses %s', (_, bytes, size) => {
    expect(() => decompressSnappy(Uint8Array.from(bytes), size)).toThrow(/Snappy/);
  });
});
