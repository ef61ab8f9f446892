import { deflateSync } from 'fflate';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checksum, toBase64Url } from './base64url.ts';
import { mostCharacters, mostInflated } from './fragment.ts';
import { bomb, mutationsOf, outcomeOf, overshoot, pollutionsOf, runs, spread } from './hostile.testing.ts';
import { decodeLink, encodeLink, isLink } from './link.ts';
import { decodeRecipeLink, encodeRecipeLink } from './recipe-link.ts';
import { logFixture, recipeFixture, startedFixture } from './session.testing.ts';
import { toWire } from './wire.ts';

const packed = (prefix: string, text: string): string =>
  prefix + toBase64Url(deflateSync(new TextEncoder().encode(checksum(text) + text), { level: 9 }));
const small = logFixture({ layers: 1, evaluations: 8, steps: 12, eventful: true });

const kinds = [
  {
    name: 'share link',
    prefix: '#s1.',
    good: encodeLink(logFixture({ eventful: true })).fragment,
    decode: decodeLink as (fragment: string) => unknown,
    content: toWire(small) as unknown,
  },
  {
    name: 'recipe link',
    prefix: '#r1.',
    good: encodeRecipeLink(recipeFixture),
    decode: decodeRecipeLink as (fragment: string) => unknown,
    content: recipeFixture as unknown,
  },
];

describe.each(kinds)('a hostile $name', ({ prefix, good, decode, content }) => {
  const outcome = (fragment: string) => outcomeOf(() => decode(fragment));
  const codeOf = (fragment: string) => outcome(fragment).code;
  const codeOfText = (text: string) => codeOf(packed(prefix, text));

  it('is refused wherever it is cut', () => {
    for (const length of spread(0, good.length, 60)) {
      expect(codeOf(good.slice(0, length))).toMatch(/^link-(truncated|damaged|unknown)$/);
    }
    expect(outcome(good.slice(0, good.length >> 1))).toMatchObject({
      code: 'link-truncated',
      message: 'The link ends early: part of it is missing.',
    });
  });

  it('is refused with any character changed', () => {
    const whole = decode(good);
    for (const [index, place] of spread(0, good.length, 150).entries()) {
      const character = 'Az_5%'[index % 5]!;
      if (good[place] === character) continue;
      const flipped = good.slice(0, place) + character + good.slice(place + 1);
      // The last character may hold bits that stand for nothing.
      if (codeOf(flipped) === 'accepted') expect(decode(flipped)).toEqual(whole);
    }
  });

  it('of another kind or version is refused for that', () => {
    const [letter] = prefix.slice(1);
    for (const other of ['', '#results', '#s', '#x1.AAAA', 'https://pare.example/#s1.AAAA']) {
      expect(codeOf(other)).toBe('link-unknown');
    }
    for (const version of ['0', '2', '01', '9'.repeat(5000)]) {
      expect(outcome(`#${letter}${version}.AAAA`)).toMatchObject({
        code: 'link-version',
        message: `The link was made by a newer Pare (format ${version.slice(0, 6)}).`,
      });
    }
  });

  it('is inflated no further than the cap', () => {
    const bombs = [
      deflateSync(new Uint8Array(20_000_000), { level: 9 }),
      bomb(20),
      deflateSync(new TextEncoder().encode(`${checksum('1')}${' '.repeat(20_000_000)}1`)),
    ];
    for (const each of bombs) {
      const fragment = prefix + toBase64Url(each);
      expect(fragment.length).toBeLessThan(mostCharacters);
      const { code, message, details } = outcome(fragment);
      expect([code, message]).toEqual([
        'link-too-big',
        'The link would unpack to more than any session needs.',
      ]);
      expect(details.produced).toBeGreaterThan(mostInflated);
      expect(details.produced).toBeLessThanOrEqual(mostInflated + overshoot);
    }
    expect(codeOf(prefix + 'A'.repeat(mostCharacters))).toBe('link-too-long');
  });

  it('is refused with keys that could reach a prototype, at any depth', () => {
    const polluted = pollutionsOf(content);
    expect(polluted.length).toBeGreaterThan(4);
    for (const text of polluted) {
      expect(outcome(packed(prefix, text))).toMatchObject({
        code: 'link-invalid',
        message: expect.stringMatching(/holds the key “(__proto__|constructor|prototype)”/) as string,
      });
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('is refused or read whatever it holds, and nothing else happens', () => {
    fc.assert(
      fc.property(mutationsOf(content), (value) => {
        expect(codeOfText(JSON.stringify(value))).toMatch(/^(accepted|link-invalid)$/);
      }),
      runs(150),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(codeOf(prefix + toBase64Url(bytes))).toMatch(/^link-(damaged|truncated)$/);
      }),
      runs(300),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        expect(codeOf(prefix + text)).toMatch(/^link-/);
        expect(codeOf(text)).toMatch(/^link-/);
      }),
    );
  });

  it('is refused where it is not even such a thing', () => {
    for (const text of ['[]', 'null', '1', '""', '{}', '[{}]', '['.repeat(100_000), '{"a":'.repeat(10_000)])
      expect(codeOfText(text)).toBe('link-invalid');
    for (const text of ['', '{', '{"a":NaN}', "{'a':1}", '\u0000'])
      expect(codeOfText(text)).toBe('link-damaged');
  });
});

describe('a hostile share link', () => {
  type Wire = ReturnType<typeof toWire>;
  const wire = toWire(logFixture());
  const outcomeOfWire = (change: Partial<Record<keyof Wire | 'more', unknown>>) =>
    outcomeOf(() => decodeLink(packed('#s1.', JSON.stringify({ ...wire, ...change }))));

  it('is told apart from other fragments', () => {
    const good = encodeLink(logFixture()).fragment;
    expect([good, good.slice(1), '#s9.abc', '#results', ''].map(isLink)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it('is refused with numbers out of range, and says where', () => {
    for (const value of [-1, 1e308, 2 ** 60, 'NaN', null]) {
      const { code, message } = outcomeOfWire({
        macs: wire.macs.map((macs, index) => (index === 7 ? value : macs)),
      });
      expect(code).toBe('link-invalid');
      expect(message).toMatch(/does not hold a valid session: (macs: must be a list|\d+\.macs: )/);
    }
    const bad: Partial<Record<keyof Wire | 'more', unknown>>[] = [
      { macs: [] },
      { score: wire.score.map(() => 1e308) },
      { violation: [null, null, -1] },
      { third: ['1'] },
      { genes: wire.genes.replaceAll('1', '9') },
      { genes: '' },
      { tag: wire.tag.map(() => 99) },
      { at: wire.at.map(() => -5) },
      { at: wire.at.map(() => 2 ** 53) },
      { width: 3 },
      { width: 2 ** 40 },
      { hypervolume: wire.hypervolume.map(() => [-1, 0]) },
      { lossSteps: wire.lossSteps.map(() => -1) },
      { lossValues: wire.lossValues.map(() => 1e300) },
      { order: `${wire.order}x` },
      { more: 1 },
      { order: wire.order.slice(1), at: wire.at.slice(1), rest: wire.rest.slice(1) },
    ];
    for (const change of bad)
      expect(outcomeOfWire(change).code, JSON.stringify(Object.keys(change))).toBe('link-invalid');
    const infinite = JSON.stringify(wire).replace('"macs":[243000', '"macs":[1e999');
    expect(outcomeOf(() => decodeLink(packed('#s1.', infinite))).code).toBe('link-invalid');
  });

  it('is refused with a million genomes, however they are written', () => {
    const million = 'e'.repeat(1_000_000);
    expect(outcomeOfWire({ order: million }).message).toMatch(
      /order: Too big: expected string to have <=250000/,
    );
    const alike = 150_000;
    const many = (value: number) => Array.from({ length: alike }, () => value);
    const equal = outcomeOfWire({
      order: `.${'e'.repeat(alike)}`,
      rest: wire.rest.slice(0, 1),
      macs: many(1),
      score: many(1),
      generation: many(0),
      tag: [],
      genes: '',
      at: [],
    });
    expect(equal.message).toBe('The link holds 150,000 scored sub-networks; at most 10,000 are possible.');
  });

  it('cannot make much out of little: losses repeated, texts for numbers, a genome without end', () => {
    expect(outcomeOfWire({ order: wire.order + 'l'.repeat(200_000) }).message).toMatch(
      /order: has the losses more than once/,
    );
    expect(outcomeOfWire({ macs: Array.from({ length: 200_000 }, () => '') }).message).toBe(
      'The link does not hold a valid session: macs: must be a list of at most 250000 finite numbers.',
    );
    const chosen = { type: 'chosen', by: 'user', genome: Array.from({ length: 600_000 }, () => -1) };
    expect(outcomeOfWire({ order: '..', rest: [...wire.rest.slice(0, 1), chosen] }).message).toMatch(
      /holds an event \(1\) of more than 500,000 values/,
    );
    const others = Array.from({ length: 20_000 }, () => ({ type: 'paused' }));
    const order = '.'.repeat(others.length + 1);
    expect(outcomeOfWire({ order, rest: [...wire.rest.slice(0, 1), ...others] }).message).toMatch(
      /holds 20,001 events that are neither scores nor losses; at most 10,000 are possible/,
    );
  });

  it('keeps HTML in names as the text that it is', () => {
    const started = startedFixture(1);
    const name = '<img src=x onerror=alert(1)>';
    const [decoded] = decodeLink(encodeLink([{ ...started, model: { ...started.model, name } }]).fragment);
    expect(decoded?.type === 'started' && decoded.model.name).toBe(name);
  });
});
