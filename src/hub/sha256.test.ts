import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Sha256 } from './sha256.ts';

const ofPieces = (pieces: readonly Uint8Array[]): string => {
  const hash = new Sha256();
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
};

it('agrees with another implementation, however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 }), (pieces) => {
      const expected = createHash('sha256').update(Buffer.concat(pieces)).digest('hex');
      expect(ofPieces(pieces)).toBe(expected);
    }),
    { seed: 5, numRuns: 300 },
  );
});

it('agrees at every length around the blocks', () => {
  for (let length = 0; length <= 200; length++) {
    const bytes = new Uint8Array(length).fill(length);
    expect(ofPieces([bytes])).toBe(createHash('sha256').update(bytes).digest('hex'));
  }
});
