import { deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { inflateCapped } from './inflate.ts';
import { randomFixture } from './session.testing.ts';

/** Stretches that compress well beside ones that do not: many blocks, of all kinds. */
function patchwork(next: () => number): Uint8Array {
  const size = Math.floor(next() * 300_000);
  const kinds = 2 + Math.floor(next() * 60);
  return Uint8Array.from({ length: size }, (_, index) =>
    Math.floor(next() * ((index >> 14) % 3 ? kinds : 256)),
  );
}

describe('inflation', () => {
  it('gives back what another deflater packed, at every level and with any block size', () => {
    const next = randomFixture(1);
    for (let level = 0; level < 10; level++) {
      const bytes = patchwork(next);
      const packed = deflateRawSync(bytes, { level, memLevel: 1 + (level % 9) });
      expect(Buffer.compare(inflateCapped(packed, 'raw', bytes.length), bytes)).toBe(0);
      expect(Buffer.compare(inflateCapped(gzipSync(bytes, { level }), 'gzip', bytes.length), bytes)).toBe(0);
    }
  });
});
