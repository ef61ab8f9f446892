import { deflateSync } from 'fflate';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checksum, toBase64Url } from './base64url.ts';
import type { SessionEvent } from './events.ts';
import { mostCharacters } from './fragment.ts';
import { decodeLink, encodeLink, isLink } from './link.ts';
import { viewOf } from './reduce.ts';
import { logFixture, startedFixture } from './session.testing.ts';
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
const linkOfWire = (change: (wire: ReturnType<typeof toWire>) => unknown): string =>
  linkOf(JSON.stringify(change(toWire(logFixture()))));
const codeOf = (fragment: string): unknown => {
  try {
    decodeLink(fragment);
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return 'accepted';
};

describe('a share link', () => {
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
      { numRuns: 12 },
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
    const { fragment, notice } = encodeLink(logFixture({ evaluations: 200 }));
    expect(notice).toBeNull();
    expect(fragment.length).toBeLessThanOrEqual(8192);
  });

  it('refuses to make a link that could not be read', () => {
    const log = logFixture({ evaluations: 40_000, layers: 2, random: true });
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

describe('a hostile link', () => {
  const good = encodeLink(logFixture()).fragment;

  it('is told apart from other fragments', () => {
    expect([isLink(good), isLink('#s9.abc'), isLink('#results'), isLink('')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(codeOf('#results')).toBe('link-unknown');
    expect(codeOf('#s2.AAAA')).toBe('link-version');
    expect(codeOf(`#s${'9'.repeat(5000)}.A`)).toBe('link-version');
  });

  it('is refused wherever it is cut', () => {
    for (let length = 0; length < good.length; length += 97) {
      expect(codeOf(good.slice(0, length))).toMatch(/^link-(truncated|damaged|unknown)$/);
    }
    expect(codeOf(good.slice(0, -1))).toMatch(/^link-(truncated|damaged)$/);
    expect(codeOf(good.slice(0, good.length >> 1))).toBe('link-truncated');
  });

  it('is refused with any character changed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: linkPrefix.length, max: good.length - 1 }),
        fc.constantFrom('A', 'z', '_', '5', '%'),
        (place, character) => {
          fc.pre(good[place] !== character);
          const flipped = good.slice(0, place) + character + good.slice(place + 1);
          // The last character may hold bits that stand for nothing.
          if (codeOf(flipped) === 'accepted') expect(decodeLink(flipped)).toEqual(decodeLink(good));
          else expect(codeOf(flipped)).toMatch(/^link-/);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is not inflated beyond the cap', () => {
    const bomb = linkPrefix + toBase64Url(deflateSync(new Uint8Array(20_000_000), { level: 9 }));
    expect(bomb.length).toBeLessThan(mostCharacters);
    expect(codeOf(bomb)).toBe('link-too-big');
    expect(codeOf(linkPrefix + 'A'.repeat(mostCharacters))).toBe('link-too-long');
  });

  it('is refused with a million genomes', () => {
    const many = 1_000_000;
    expect(codeOf(linkOf(`{"order":"${'e'.repeat(many)}","at":[]}`))).toBe('link-invalid');
  });

  it('is refused with keys that could pollute a prototype', () => {
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      expect(codeOf(linkOfWire((wire) => ({ ...wire, extra: { [key]: 1 } })).replace(/$/, ''))).toBe(
        'link-invalid',
      );
      const text = JSON.stringify(toWire(logFixture())).replace(
        '"recipe":{',
        `"recipe":{"${key}":{"polluted":1},`,
      );
      expect(codeOf(linkOf(text))).toBe('link-invalid');
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('is refused with numbers out of range or columns that do not match', () => {
    expect(codeOf(linkOfWire((wire) => ({ ...wire, macs: wire.macs.map(() => -1) })))).toBe('link-invalid');
    expect(codeOf(linkOfWire((wire) => ({ ...wire, macs: [] })))).toBe('link-invalid');
    expect(codeOf(linkOfWire((wire) => ({ ...wire, violation: [null, null, -1] })))).toBe('link-invalid');
    expect(codeOf(linkOfWire((wire) => ({ ...wire, third: ['1'] })))).toBe('link-invalid');
    expect(codeOf(linkOfWire((wire) => ({ ...wire, genes: wire.genes.replaceAll('1', '9') })))).toBe(
      'link-invalid',
    );
    expect(codeOf(linkOfWire((wire) => ({ ...wire, tag: wire.tag.map(() => 99) })))).toBe('link-invalid');
    expect(codeOf(linkOfWire((wire) => ({ ...wire, at: wire.at.map(() => -5) })))).toBe('link-invalid');
    expect(codeOf(linkOfWire((wire) => ({ ...wire, width: 3 })))).toBe('link-invalid');
    expect(codeOf(linkOfWire((wire) => ({ ...wire, more: 1 })))).toBe('link-invalid');
    expect(
      codeOf(linkOf(JSON.stringify(toWire(logFixture())).replace('"macs":[243000', '"macs":[1e999'))),
    ).toBe('link-invalid');
    expect(codeOf(linkOf('[]'))).toBe('link-invalid');
    expect(codeOf(linkOf('null'))).toBe('link-invalid');
    expect(codeOf(linkOf('['.repeat(100_000)))).toBe('link-invalid');
    expect(
      codeOf(
        linkOfWire((wire) => ({
          ...wire,
          order: wire.order.slice(1),
          at: wire.at.slice(1),
          rest: wire.rest.slice(1),
        })),
      ),
    ).toBe('link-invalid');
  });

  it('keeps HTML in names as the text that it is', () => {
    const started = startedFixture(1);
    const name = '<img src=x onerror=alert(1)>';
    const [decoded] = decodeLink(encodeLink([{ ...started, model: { ...started.model, name } }]).fragment);
    expect(decoded?.type === 'started' && decoded.model.name).toBe(name);
  });
});
