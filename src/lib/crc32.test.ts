import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { crc32 } from './crc32.ts';

const ofGzip = (bytes: Uint8Array): number => gzipSync(bytes).readUInt32LE(gzipSync(bytes).length - 8);

describe('crc32', () => {
  it('gives the published check value', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array())).toBe(0);
  });

  it('agrees with gzip at every length and alignment', () => {
    const bytes = Uint8Array.from({ length: 80 }, (_, index) => (index * 197) ^ (index << 3));
    for (let from = 0; from < 8; from++) {
      for (let length = 0; length < 40; length++) {
        const part = bytes.subarray(from, from + length);
        expect(crc32(part)).toBe(ofGzip(part));
      }
    }
  });
});
