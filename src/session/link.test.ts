import { deflateSync } from 'fflate';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checksum, toBase64Url } from './base64url.ts';
import type { SessionEvent } from './events.ts';
import { mostCharacters } from './fragment.ts';
import { decodeLink, encodeLink } from './link.ts';
import { asInLink, logArbitrary } from './log.testing.ts';
import { viewOf } from './reduce.ts';
import { logFixture } from './session.testing.ts';
import { thin } from './thinLosses.ts';
import { toWire } from './wire.ts';
import type { SessionView } from './view.ts';

const linkPrefix = '#s1.';

/** What a link promises to carry: all of the view, with losses down-sampled. */
function expected(view: SessionView): SessionView {
  return {
    ...view,
    losses: thin(view.losses, 240).map(({ step, loss }) => ({ step, loss: Number(loss.toPrecision(4)) })),
  };
}

const linkOf = (text: string): string =>
  linkPrefix + toBase64Url(deflateSync(new TextEncoder().encode(checksum(text) + text), { level: 9 }));
describe('a share link', () => {
  it('gives back any log, rounded as documented', () => {
    fc.assert(
      fc.property(logArbitrary, (log) => {
        const { fragment, notice } = encodeLink(log);
        expect(notice).toBeNull();
        expect(decodeLink(fragment)).toEqual(asInLink(log));
      }),
      { numRuns: 60 },
    );
  });

  it('of what a link gave back is the same link', () => {
    fc.assert(
      fc.property(logArbitrary, (log) => {
        const once = decodeLink(encodeLink(log).fragment);
        expect(decodeLink(encodeLink(once).fragment)).toEqual(once);
      }),
      { numRuns: 15 },
    );
  });

  it('shows the same session again', () => {
    fc.assert(
      fc.property(
        fc.record({
          layers: fc.integer({ min: 1, max: 67 }),
          evaluations: fc.integer({ min: 1, max: 1000 }),
          steps: fc.integer({ min: 1, max: 1200 }),
          seed: fc.nat(),
          random: fc.boolean(),
          finish: fc.boolean(),
          eventful: fc.boolean(),
          least: fc.constantFrom(null, 0.3, 2),
        }),
        (options) => {
          const view = viewOf(logFixture(options));
          const { fragment, notice } = encodeLink(logFixture(options));
          const shown = viewOf(decodeLink(fragment));
          expect(fragment.length).toBeLessThanOrEqual(mostCharacters);
          if (notice === null) expect(shown).toEqual(expected(view));
          else expectThinned(shown, view);
        },
      ),
      { numRuns: 6 },
    );
  });

  it('carries 1,000 evaluations of 201 genes, thinned where it must, the front whole', () => {
    for (const random of [false, true]) {
      const log = logFixture({ layers: 67, evaluations: 1000, random });
      const { fragment, notice } = encodeLink(log);
      expect(fragment.length).toBeLessThanOrEqual(mostCharacters);
      if (notice !== null) expectThinned(viewOf(decodeLink(fragment)), viewOf(log));
      if (random) expect(notice).toMatch(/leaves out the genes of [\d,]+ of 1,002 scored sub-networks/);
    }
  });

  it('written before there were third objectives and constraints still opens', () => {
    const { third: _, violation: __, ...older } = toWire(logFixture({ least: 0.4 }));
    const opened = viewOf(decodeLink(linkOf(JSON.stringify(older))));
    expect(opened.points.every((point) => point.third === null && point.violation === 0)).toBe(true);
    expect(Object.keys(toWire(logFixture()))).not.toContain('third');
    const [row] = decodeLink(
      linkOf(JSON.stringify(toWire(logFixture())).replaceAll(/,"bytes":(null|680000),"tests":\[\]/g, '')),
    ).flatMap((event) => (event.type === 'result' ? event.row : []));
    expect(row).toMatchObject({ bytes: null, tests: [] });
  });

  it('keeps a 200-evaluation demo session within 8 kB', () => {
    const { fragment, notice } = encodeLink(logFixture({ evaluations: 200, eventful: true }));
    expect(notice).toBeNull();
    expect(fragment.length).toBeLessThanOrEqual(8192);
  });

  it('refuses to make a link that could not be read', () => {
    const log = logFixture({ evaluations: 4000, layers: 2, random: true });
    expect(encodeLink(log).fragment.length).toBeLessThanOrEqual(mostCharacters);
    const rows = Array.from({ length: 3000 }, (_, index): SessionEvent => {
      const row = logFixture().find((event) => event.type === 'result')?.row;
      return { type: 'result', at: 1, row: { ...row!, label: `${Math.sin(index)} ${Math.cos(index)}` } };
    });
    expect(() => encodeLink([...logFixture(), ...rows])).toThrow(/does not fit/);
  });
});

const bare = (point: { macs: number; score: number }) => [point.macs, point.score];

/** The documented thinning: dominated points may lose their genes, or go; nothing else changes. */
function expectThinned(shown: SessionView, view: SessionView): void {
  expect(shown.front.map(bare)).toEqual(view.front.map(bare));
  expect(shown.front.map((point) => point.genome)).toEqual(view.front.map((point) => point.genome));
  expect(shown.points.map(bare)).toEqual(view.points.map(bare));
  expect(shown.results).toEqual(view.results);
  expect(shown.chosen).toEqual(view.chosen);
  for (const [index, point] of view.points.entries()) {
    const there = shown.points[index];
    if (there?.genome === null && point.genome !== null)
      expect(point.dominated && point.tag === null).toBe(true);
    else expect(there?.genome).toEqual(point.genome);
  }
}
