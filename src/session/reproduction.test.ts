import { describe, expect, it } from 'vitest';
import type { DeviceInfo, SessionEvent } from './events.ts';
import { decodeLink, encodeLink } from './link.ts';
import { viewOf } from './reduce.ts';
import { expectedOf, isSameDevice, missingFrom, reproductionOf, scoredOf } from './reproduction.ts';
import type { ReproductionFacts, ScoredGenome } from './reproduction.ts';
import { logFixture, startedFixture } from './session.testing.ts';
import type { SessionView } from './view.ts';

const shared = viewOf(logFixture());
const again = expectedOf(shared);
const elsewhere: ReproductionFacts = { kind: 'retrained', sameDevice: false };
const sameHere: ReproductionFacts = { kind: 'retrained', sameDevice: true };
const examples = shared.data!.validation;

/** Every score that many examples higher (or lower). */
const moved = (by: number): ScoredGenome[] =>
  again.map((each) => ({ ...each, score: each.score + by / examples }));

/** One sub-network of a text model. */
const perplexityView = (score: number): SessionView =>
  viewOf([
    { ...startedFixture(1), metric: 'perplexity' },
    { type: 'evaluated', at: 1, genome: [0, 0, 0], tag: null, macs: 10, score, generation: 0 },
  ]);

describe('expectedOf', () => {
  it('has the front and the chosen one, each once, by ascending MACs', () => {
    const macs = again.map((each) => each.macs);
    expect(macs).toEqual(macs.toSorted((a, b) => a - b));
    for (const point of shared.front)
      expect(again.filter(({ genome }) => genome.join() === point.genome?.join())).toHaveLength(1);
    const dominated = shared.points.findIndex((point) => point.dominated && point.genome);
    const genome = shared.points[dominated]!.genome!;
    const other = { ...shared, chosen: { genome, by: 'user' as const, index: dominated } };
    expect(expectedOf(other)).toHaveLength(shared.front.length + 1);
    expect(expectedOf(other).map((each) => each.genome)).toContainEqual(genome);
  });

  it('never compares with a score that was left unfinished, chosen or not', () => {
    const unfinished = { seen: 40, of: 160 };
    const point = { type: 'evaluated', at: 1, tag: null, generation: 0 } as const;
    const log: SessionEvent[] = [
      startedFixture(1),
      { ...point, genome: [0, 0, 0], macs: 10, score: 0.9 },
      { ...point, genome: [1, 0, 0], macs: 20, score: 0.85, unfinished },
      { type: 'chosen', at: 2, genome: [1, 0, 0], by: 'user' },
    ];
    const first = { genome: [0, 0, 0], macs: 10, score: 0.9 };
    const second = { genome: [1, 0, 0], macs: 20, score: 0.5 };
    expect(expectedOf(viewOf(log))).toEqual([first]);
    // Where this run scored it to the end and the other did not, it is still to be scored here.
    const whole = viewOf([...log.slice(0, 3), { ...point, ...second }, log[3]!]);
    expect(expectedOf(whole)).toEqual([first, second]);
    expect(scoredOf(viewOf(log))).toEqual([first]);
    expect(missingFrom(scoredOf(viewOf(log)), whole)).toEqual([second]);
  });

  it('has the one model of plain LoRA', () => {
    const view = viewOf([
      { ...startedFixture(2), groups: [] },
      { type: 'evaluated', at: 1, genome: null, tag: 'untuned', macs: 1, score: 0.1, generation: 0 },
      { type: 'evaluated', at: 2, genome: null, tag: 'lora', macs: 2, score: 0.8, generation: 0 },
      { type: 'chosen', at: 3, genome: [], by: 'rule' },
    ]);
    expect(expectedOf(view)).toEqual([{ genome: [], macs: 2, score: 0.8 }]);
    expect(reproductionOf(view, [{ genome: [], macs: 2, score: 0.8 }], sameHere).matches).toBe(true);
  });

  it('survives a share link to the bit', () => {
    const linked = viewOf(decodeLink(encodeLink(logFixture()).fragment));
    expect(reproductionOf(linked, again, sameHere)).toMatchObject({ matches: true, exact: true });
  });
});

describe('reproductionOf', () => {
  it('asks for equal bits on the same device', () => {
    const equal = reproductionOf(shared, again, sameHere);
    expect(equal).toMatchObject({ matches: true, exact: true, tolerance: { unit: 'bits', most: 0 } });
    expect(equal.rows.every((row) => row.equal && row.within)).toBe(true);
    const [first, ...others] = again;
    const lastBit = [{ ...first!, score: first!.score * (1 + Number.EPSILON) }, ...others];
    const off = reproductionOf(shared, lastBit, sameHere);
    expect(off.matches).toBe(false);
    expect(off.rows.map((row) => row.within)).toEqual(again.map((_, index) => index > 0));
  });

  it('allows a retrained run two standard errors of a difference elsewhere', () => {
    // 2·√(2·0.6·0.4·160) = 17.5 at 60 %, and 2·√(2·0.25·160) = 17.9 at most.
    const { tolerance } = reproductionOf(shared, again, elsewhere);
    expect(tolerance).toMatchObject({ unit: 'examples', most: 18 });
    expect(tolerance.text).toContain('at most 18 of 160 validation examples');
    expect(reproductionOf(shared, moved(-16), elsewhere).matches).toBe(true);
    expect(reproductionOf(shared, moved(19), elsewhere).matches).toBe(false);
    expect(reproductionOf(shared, moved(1), elsewhere).rows.some((row) => row.equal)).toBe(false);
  });

  it('allows fewer examples where nearly all answers are right or wrong, but never fewer than two', () => {
    const sure: SessionView = { ...shared, front: [{ ...shared.front[0]!, score: 1 }], chosen: null };
    const answer = (wrong: number) => {
      const { genome, macs } = sure.front[0]!;
      return reproductionOf(sure, [{ genome: genome!, macs, score: 1 - wrong / examples }], elsewhere);
    };
    expect([0, 1, 2].map((wrong) => answer(wrong).matches)).toEqual([true, true, true]);
    expect(answer(12).matches).toBe(false);
  });

  it('allows the same weights two answers of 160', () => {
    const rescored: ReproductionFacts = { kind: 'scored again', sameDevice: false };
    expect(reproductionOf(shared, moved(2), rescored).matches).toBe(true);
    expect(reproductionOf(shared, moved(-3), rescored).matches).toBe(false);
  });

  it('compares perplexities by their ratio', () => {
    const view = perplexityView(0.25);
    const scored = (perplexity: number): ScoredGenome[] => [
      { genome: [0, 0, 0], macs: 10, score: 1 / perplexity },
    ];
    const outcome = (perplexity: number, facts: ReproductionFacts) =>
      reproductionOf(view, scored(perplexity), facts).matches;
    expect([4.07, 3.93, 4.1, 3.9].map((each) => outcome(each, elsewhere))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    const rescored: ReproductionFacts = { kind: 'scored again', sameDevice: false };
    expect([4.003, 4.01].map((each) => outcome(each, rescored))).toEqual([true, false]);
    expect(reproductionOf(view, scored(4), elsewhere).tolerance.text).toContain('2.0 %');
  });

  it('accepts no other MACs, no missing row, no score that is no number, and no empty front', () => {
    for (const facts of [elsewhere, sameHere]) {
      const costlier = again.map((each) => ({ ...each, macs: each.macs + 1 }));
      expect(reproductionOf(shared, costlier, facts).rows.every((row) => !row.within && !row.equal)).toBe(
        true,
      );
      const missing = reproductionOf(shared, again.slice(1), facts);
      expect(missing.matches).toBe(false);
      expect(missing.rows[0]).toMatchObject({ here: null, equal: false, within: false });
      const broken = again.map((each) => ({ ...each, score: Number.NaN }));
      expect(reproductionOf(shared, broken, facts).rows.some((row) => row.within)).toBe(false);
      expect(reproductionOf({ ...shared, front: [], chosen: null }, again, facts).matches).toBe(false);
    }
  });

  it('promises bits only as far as the session was made on one device, exactly', () => {
    const device: DeviceInfo = { backend: 'webgpu', adapter: 'SwiftShader' };
    const recovered = (change: { device?: DeviceInfo; exact?: boolean }): SessionView => {
      const event: SessionEvent = {
        type: 'recovered',
        at: 1000,
        cause: 'device-lost',
        message: 'The device was lost.',
        device,
        exact: true,
        accumulation: 1,
        ...change,
      };
      return viewOf([...logFixture(), event]);
    };
    const isExact = (view: SessionView, kind: ReproductionFacts['kind']) =>
      reproductionOf(view, again, { kind, sameDevice: true }).exact;
    expect(isExact(recovered({}), 'retrained')).toBe(true);
    expect(isExact(recovered({ exact: false }), 'retrained')).toBe(false);
    expect(isExact(recovered({ exact: false }), 'scored again')).toBe(true);
    const other = { ...device, adapter: 'llvmpipe' };
    expect(isExact(recovered({ device: other }), 'scored again')).toBe(false);
    expect(isSameDevice(device, other)).toBe(false);
    expect(isSameDevice(device, { ...device, kernels: 'subgroup' })).toBe(false);
  });
});
