import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSessionFile, writeSessionFile } from './file.ts';
import { jsonOf, outcomeOf } from './hostile.testing.ts';
import { logArbitrary } from './log.testing.ts';
import { logFixture } from './session.testing.ts';

describe('a session file without a checkpoint', () => {
  it('holds the whole log, and the same bytes for the same log', () => {
    const log = logFixture({ eventful: true });
    expect(readSessionFile(writeSessionFile(log))).toEqual(log);
    expect(writeSessionFile(log)).toEqual(writeSessionFile(log));
  });

  it('gives back any log as it was', () => {
    fc.assert(
      fc.property(logArbitrary, (log) => {
        expect(readSessionFile(writeSessionFile(log))).toEqual(log);
      }),
      { numRuns: 40 },
    );
  });

  it('is refused where it is not one', () => {
    const codeOf = (bytes: Uint8Array) => outcomeOf(() => readSessionFile(bytes)).code;
    expect(codeOf(new Uint8Array())).toBe('file-invalid');
    expect(codeOf(new TextEncoder().encode('{"a":1}'))).toBe('file-invalid');
    expect(codeOf(jsonOf({ a: 1 }))).toBe('file-invalid');
    expect(codeOf(jsonOf({ format: 'pare-session', version: 2, events: [] }))).toBe('file-version');
    expect(codeOf(jsonOf({ format: 'pare-session', version: 1, events: [] }))).toBe('file-invalid');
  });
});
