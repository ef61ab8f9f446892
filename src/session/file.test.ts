import { gzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readSessionFile, writeSessionFile } from './file.ts';
import { logFixture } from './session.testing.ts';

const log = logFixture();
const codeOf = (bytes: Uint8Array): unknown => {
  try {
    readSessionFile(bytes);
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return 'accepted';
};
const fileOf = (content: unknown): Uint8Array => gzipSync(new TextEncoder().encode(JSON.stringify(content)));

describe('a session file', () => {
  it('holds the whole log, and the same bytes for the same log', () => {
    expect(readSessionFile(writeSessionFile(log))).toEqual(log);
    expect(writeSessionFile(log)).toEqual(writeSessionFile(log));
  });

  it('is refused where it is not one', () => {
    expect(codeOf(new Uint8Array())).toBe('file-invalid');
    expect(codeOf(new TextEncoder().encode('{"a":1}'))).toBe('file-invalid');
    expect(codeOf(fileOf({ a: 1 }))).toBe('file-invalid');
    expect(codeOf(fileOf({ format: 'pare-session', version: 2, events: [] }))).toBe('file-version');
    expect(codeOf(fileOf({ format: 'pare-session', version: 1, events: [] }))).toBe('file-invalid');
  });

  it('is refused when cut or changed', () => {
    const bytes = writeSessionFile(log);
    for (let length = 2; length < bytes.length; length += 211) {
      expect(codeOf(bytes.slice(0, length))).toMatch(/^file-(truncated|damaged)$/);
    }
    for (let place = 12; place < bytes.length; place += 211) {
      const flipped = bytes.slice();
      flipped[place]! ^= 4;
      expect(codeOf(flipped)).toMatch(/^file-/);
    }
  });

  it('is not inflated beyond the cap', () => {
    const member = gzipSync(new Uint8Array(100_000_000), { level: 9 });
    expect(codeOf(member)).toBe('file-too-big');
  });
});
