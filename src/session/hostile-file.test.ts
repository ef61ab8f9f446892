import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mostInflated, readSessionFile, writeSessionFile } from './file.ts';
import {
  gzipBomb,
  gzipOf,
  jsonOf,
  mutationsOf,
  outcomeOf,
  outOfRange,
  overshoot,
} from './hostile.testing.ts';
import { placesIn, pollutionsOf, replaced, runs, spread } from './hostile.testing.ts';
import { logFixture } from './session.testing.ts';

const small = logFixture({ layers: 1, evaluations: 6, steps: 10, eventful: true });
const first = { format: 'pare-session', version: 1, events: small };

describe('a hostile session file without a checkpoint', () => {
  const good = writeSessionFile(logFixture({ eventful: true }));
  const outcome = (bytes: Uint8Array) => outcomeOf(() => readSessionFile(bytes));

  it('is refused wherever it is cut', () => {
    for (const length of spread(0, good.length, 60)) {
      expect(outcome(good.slice(0, length)).code).toMatch(/^file-(truncated|damaged|invalid)$/);
    }
    expect(outcome(good.slice(0, good.length >> 1)).message).toBe(
      'The session file ends early: part of it is missing.',
    );
  });

  it('is refused with any bit flipped, unless the bit means nothing', () => {
    const whole = readSessionFile(good);
    for (const [index, place] of [...spread(0, 12, 12), ...spread(12, good.length, 150)].entries()) {
      const flipped = good.slice();
      flipped[place]! ^= 1 << (index % 8);
      const { code } = outcome(flipped);
      // The time stamp, say, of the gzip header.
      if (code === 'accepted') expect(readSessionFile(flipped)).toEqual(whole);
    }
  });

  it('is inflated no further than the cap: a gigabyte from a megabyte', () => {
    const bytes = gzipBomb(1000);
    expect(bytes.length).toBeLessThan(1_100_000);
    const { code, message, details } = outcome(bytes);
    expect([code, message]).toEqual([
      'file-too-big',
      'The session file would unpack to more than any session needs.',
    ]);
    expect(details.produced).toBeGreaterThan(mostInflated);
    expect(details.produced).toBeLessThanOrEqual(mostInflated + overshoot);
    expect(outcome(new Uint8Array(33 * 2 ** 20)).code).toBe('file-too-big');
  });

  it('is refused with keys that could reach a prototype, at any depth', () => {
    for (const text of pollutionsOf(first)) {
      expect(outcome(gzipOf(text)).message).toMatch(/holds the key “(__proto__|constructor|prototype)”/);
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('is refused or read whatever it holds', () => {
    fc.assert(
      fc.property(mutationsOf(first), (value) => {
        expect(outcome(jsonOf(value)).code).toMatch(/^(accepted|file-(invalid|version))$/);
      }),
      runs(120),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(outcome(Uint8Array.of(0x1f, 0x8b, 8, ...bytes)).code).toMatch(/^file-/);
      }),
      runs(200),
    );
  });

  it('is refused with any number out of range, and says which', () => {
    const seen = new Set<string>();
    for (const place of placesIn(small)) {
      const [event, ...fields] = place;
      const found = fields.reduce<unknown>(
        (value, key) => (value as Record<string, unknown>)[key],
        small[Number(event)],
      );
      const field = `${small[Number(event)]?.type}.${fields.filter((key) => typeof key === 'string').join('.')}`;
      if (typeof found !== 'number' || seen.has(field)) continue;
      seen.add(field);
      for (const value of [1e308, -1e300, 'NaN']) {
        const { code, message } = outcome(jsonOf({ ...first, events: replaced(small, place, value) }));
        expect([code, place], message).toEqual(['file-invalid', place]);
        expect(message).toMatch(new RegExp(`: ${event}\\.${String(fields[0])}`));
      }
    }
    expect(seen.size).toBeGreaterThan(60);
    for (const value of outOfRange) {
      expect(outcome(jsonOf({ ...first, version: value })).code).toMatch(/^file-(invalid|version)$/);
    }
  });

  it('is refused with a million genomes, or lists and objects without end', () => {
    const [started] = small;
    const point = small.find((event) => event.type === 'evaluated');
    const text = (events: string) => `{"format":"pare-session","version":1,"events":${events}}`;
    const genomes = `[${JSON.stringify(started)}${`,${JSON.stringify(point)}`.repeat(150_000)}]`;
    expect(outcome(gzipOf(text(genomes))).message).toBe(
      'The session file holds 150,000 scored sub-networks; at most 101,000 are possible.',
    );
    expect(outcome(gzipOf(text(`[${'{},'.repeat(1_000_000)}{}]`))).message).toBe(
      'The session file holds 1,000,001 events; at most 250,000 are possible.',
    );
    expect(outcome(gzipOf(text(`[${'[],'.repeat(3_000_000)}[]]`))).message).toMatch(
      /holds 3,000,006 lists, objects and keys, more than any session needs/,
    );
    expect(outcome(gzipOf(text('['.repeat(1000)))).message).toMatch(/nested 1,001 deep/);
  });
});
