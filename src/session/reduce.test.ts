import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SessionEvent } from './events.ts';
import { dominates } from './front.ts';
import { appendToLog } from './log.ts';
import { append, viewOf } from './reduce.ts';
import { logFixture, proofFixture, startedFixture } from './session.testing.ts';
import { thinPoints } from './thinPoints.ts';
import { emptyView, isCandidate, timeLeft } from './view.ts';

const log = logFixture();

describe('viewOf', () => {
  it('shows a finished run', () => {
    const view = viewOf(log);
    expect(view.status).toBe('finished');
    expect(view.points).toHaveLength(50);
    expect(view.losses).toHaveLength(300);
    expect(view.hypervolume).toHaveLength(6);
    expect(view.stages.map((stage) => stage.stage)).toEqual(['prepare', 'train', 'search', 'test']);
    expect(view.heuristicScore).toBe(view.points.find((point) => point.tag === 'heuristic')?.score);
    expect(view.results.map((row) => row.tag)).toEqual(['untuned-dense', 'lora', 'heuristic', 'best']);
    expect(view.chosen?.index).not.toBeNull();
  });

  it('has for front exactly the candidates that no other candidate dominates', () => {
    const view = viewOf(logFixture({ evaluations: 400, random: true }));
    const candidates = view.points.filter((point) => isCandidate(point, view.groups));
    const plain = candidates.filter((point) => !candidates.some((other) => dominates(other, point)));
    expect(new Set(view.front)).toEqual(new Set(plain));
    expect(view.front.map((point) => point.macs)).toEqual(
      view.front.map((point) => point.macs).toSorted((a, b) => a - b),
    );
    for (const point of candidates) expect(point.dominated).toBe(!view.front.includes(point));
  });

  it('keeps reference points off the front, but lets plain LoRA stand on it', () => {
    expect(viewOf(log).front.every((point) => point.genome !== null)).toBe(true);
    const lora: SessionEvent[] = [
      { ...startedFixture(2), groups: [] },
      { type: 'evaluated', at: 1, genome: null, tag: 'untuned', macs: 1, score: 0.1, generation: 0 },
      { type: 'evaluated', at: 2, genome: null, tag: 'lora', macs: 2, score: 0.8, generation: 0 },
      { type: 'chosen', at: 3, genome: [], by: 'rule' },
    ];
    const view = viewOf(lora);
    expect(view.front.map((point) => point.tag)).toEqual(['lora']);
    expect(view.chosen?.index).toBe(1);
  });

  it('keeps infeasible sub-networks off the front, whatever they score', () => {
    const view = viewOf(logFixture({ evaluations: 60, random: true, least: 0.45 }));
    const infeasible = view.points.filter((point) => point.violation > 0);
    expect(infeasible.length).toBeGreaterThan(0);
    expect(infeasible.every((point) => point.dominated && !view.front.includes(point))).toBe(true);
    expect(view.front.length).toBeGreaterThan(0);
    const feasible = view.points.filter((point) => point.genome && point.violation === 0);
    expect(new Set(view.front)).toEqual(
      new Set(feasible.filter((point) => !feasible.some((other) => dominates(other, point)))),
    );
    expect(view.front.every((point) => point.third === point.macs * 4)).toBe(true);
    expect(viewOf(log).points.every((point) => point.third === null && point.violation === 0)).toBe(true);
  });

  it('puts what is scored to its end in the place of its bound, and keeps the others in theirs', () => {
    const evaluated = { type: 'evaluated', at: 1, tag: null, generation: 0 } as const;
    const genes = [1, 0, 0, 0];
    const stopped: SessionEvent[] = [
      startedFixture(2),
      { ...evaluated, genome: genes, macs: 2, score: 0.9, unfinished: { seen: 1, of: 4 } },
      { ...evaluated, genome: [0, 0, 0, 0], macs: 1, score: 0.5 },
      { type: 'chosen', at: 2, genome: genes, by: 'user' },
    ];
    const whole: SessionEvent = { ...evaluated, genome: genes, macs: 2, score: 0.7 };
    const later: SessionEvent = { ...evaluated, genome: [1, 1, 1, 1], macs: 4, score: 0.6 };
    for (const view of [
      viewOf([...stopped, whole, later]),
      append(append(viewOf(stopped), [whole]), [later]),
    ]) {
      expect(view.points.map(({ index, score, unfinished }) => [index, score, unfinished])).toEqual([
        [0, 0.7, null],
        [1, 0.5, null],
        [2, 0.6, null],
      ]);
      expect(view.front.map(({ index }) => index)).toEqual([1, 0]);
      expect(view.chosen?.index).toBe(0);
    }
    const fits = (events: readonly SessionEvent[]) => viewOf(events).points.length < 3;
    const thinned = thinPoints([...stopped, whole, later], fits)!;
    expect(viewOf(thinned.log).points.map(({ score }) => score)).toEqual([0.7, 0.5]);
  });

  it('shows the last proof', () => {
    expect(viewOf(log).proof).toEqual(proofFixture);
    const failed: SessionEvent = { type: 'proof', at: 1e7, proof: { ...proofFixture, holds: false } };
    expect(viewOf([...log, failed]).proof?.holds).toBe(false);
    expect(viewOf([...log, startedFixture(1)]).proof).toBeNull();
  });

  it('starts again with a new run', () => {
    expect(viewOf([...log, startedFixture(2)])).toMatchObject({
      status: 'running',
      points: [],
      results: [],
      error: null,
    });
  });

  it('says what failed', () => {
    const failed: SessionEvent = { type: 'failed', at: 9, message: 'The GPU is gone.', remedy: 'Reload.' };
    expect(viewOf([startedFixture(1), failed])).toMatchObject({
      status: 'failed',
      error: { remedy: 'Reload.' },
    });
  });

  it('replaces losses that come again, and skips those that are not finite', () => {
    const view = viewOf([
      startedFixture(1),
      { type: 'losses', at: 1, from: 0, values: [4, 3, 2, 1] },
      { type: 'losses', at: 2, from: 2, values: [2.5, null, 1.5] },
    ]);
    expect(view.losses).toEqual([
      { step: 0, loss: 4 },
      { step: 1, loss: 3 },
      { step: 2, loss: 2.5 },
      { step: 4, loss: 1.5 },
    ]);
  });
});

describe('append', () => {
  it('gives the same view however the log is cut into batches', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(log.length), { maxLength: 12 }), (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), log.length];
        let view = emptyView;
        for (let i = 1; i < places.length; i++) view = append(view, log.slice(places[i - 1], places[i]));
        expect(view).toEqual(viewOf(log));
      }),
      { numRuns: 30 },
    );
  });

  it('leaves the old view alone, and keeps the identity of lists that did not change', () => {
    const before = viewOf(log.slice(0, 60));
    const copy = structuredClone(before);
    const after = append(before, [{ type: 'progress', at: 1e6, stage: 'search', done: 5 }]);
    expect(before).toEqual(copy);
    expect(after.points).toBe(before.points);
    expect(after.front).toBe(before.front);
    expect(after.losses).toBe(before.losses);
    expect(after.stages).not.toBe(before.stages);
  });

  it('takes a thousand points one by one in well under a frame each', () => {
    const long = logFixture({ evaluations: 1000, layers: 12 });
    const start = performance.now();
    let view = emptyView;
    for (const event of long) view = append(view, [event]);
    expect(view.points).toHaveLength(1002);
    expect((performance.now() - start) / long.length).toBeLessThan(4);
  });
});

const running = (...events: SessionEvent[]) =>
  viewOf([startedFixture(1), { type: 'stage', at: 0, stage: 'train', total: 100 }, ...events]);

describe('timeLeft', () => {
  it('does not guess', () => {
    expect(timeLeft(running())).toBeNull();
    expect(timeLeft(running({ type: 'progress', at: 1000, stage: 'train', done: 1 }))).toBeNull();
  });

  it('goes by the average pace, without the pauses', () => {
    const view = running(
      { type: 'progress', at: 5000, stage: 'train', done: 10 },
      { type: 'paused', at: 5000 },
      { type: 'resumed', at: 65_000 },
      { type: 'progress', at: 70_000, stage: 'train', done: 20 },
    );
    expect(timeLeft(view)).toBeCloseTo(40_000);
  });
});

describe('appendToLog', () => {
  it('shortens the log without changing its view', () => {
    const full: SessionEvent[] = [startedFixture(1), { type: 'stage', at: 0, stage: 'train', total: 40 }];
    for (let step = 0; step < 40; step++) {
      full.push({ type: 'losses', at: step, from: step, values: [40 - step] });
      full.push(
        { type: 'losses', at: step, from: step + 1, values: [] },
        { type: 'progress', at: step, stage: 'train', done: step + 1 },
      );
    }
    const short: SessionEvent[] = [];
    for (const event of full) appendToLog(short, [event]);
    expect(short.filter((event) => event.type === 'progress')).toHaveLength(1);
    expect(short.length).toBeLessThan(45);
    expect(viewOf(short)).toEqual(viewOf(full));
  });
});
