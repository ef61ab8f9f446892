import { expect, it } from 'vitest';
import { expectedOf, reproductionOf } from '../../session/reproduction.ts';
import { viewOf } from '../../session/reduce.ts';
import { logFixture } from '../../session/session.testing.ts';
import { differenceText, rowVerdict, verdictOf } from './reproductionText.ts';

const view = viewOf(logFixture());
const expected = expectedOf(view);
const facts = { kind: 'retrained', sameDevice: false } as const;
const off = (by: number) =>
  expected.map((each, index) => (index ? each : { ...each, score: each.score + by }));

it('gives the verdict in a sentence', () => {
  const same = { ...facts, sameDevice: true };
  expect(verdictOf(reproductionOf(view, expected, same), 'retrained')).toMatch(
    /^Reproduced bit for bit: all \d+/,
  );
  expect(verdictOf(reproductionOf(view, expected, facts), 'retrained')).toMatch(/^Reproduced: all \d+/);
  expect(verdictOf(reproductionOf(view, off(1 / 160), same), 'retrained')).toMatch(
    /^Not reproduced: 1 of \d+/,
  );
  const within = verdictOf(reproductionOf(view, off(1 / 160), facts), 'retrained');
  expect(within).toMatch(new RegExp(`^Reproduced within the tolerance: ${expected.length - 1} of`));
  expect(verdictOf(reproductionOf(view, [], facts), 'retrained')).toMatch(/^Not reproduced/);
  expect(verdictOf(reproductionOf(view, expected, same), 'scored again')).toMatch(/^Verified bit for bit/);
  expect(verdictOf(reproductionOf(view, [], facts), 'scored again')).toMatch(/^Not verified/);
});

it('says of each row how it compares', () => {
  const [row] = reproductionOf(view, off(2 / 160), facts).rows;
  expect(rowVerdict(row!)).toBe('within');
  expect(differenceText(row!, 'accuracy')).toBe('+1.25');
  const [lower] = reproductionOf(view, off(-2 / 160), facts).rows;
  expect(differenceText(lower!, 'accuracy')).toBe('−1.25');
  const [missing, equal] = reproductionOf(view, expected.slice(1), facts).rows;
  expect([rowVerdict(missing!), differenceText(missing!, 'accuracy')]).toEqual(['not scored', '']);
  expect([rowVerdict(equal!), differenceText(equal!, 'accuracy')]).toEqual(['equal', '0']);
  const perplexity = { ...row!, shared: { macs: 1, score: 0.5 }, here: { macs: 1, score: 0.25 } };
  expect(differenceText(perplexity, 'perplexity')).toBe('+2.00');
});
