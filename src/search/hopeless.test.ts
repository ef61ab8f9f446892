import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseSubNetwork, frontOf, leastViolated, mostAccurate, shortfall } from './choose.ts';
import { isHopeless } from './hopeless.ts';
import { wholeOnes, type Evaluation } from './searcher.ts';

const examples = 12;

/** Which examples a sub-network answers, and what it costs: few values, so that ties are common. */
const network = fc.record({
  right: fc.array(fc.boolean(), { minLength: examples, maxLength: examples }),
  macs: fc.integer({ min: 1, max: 5 }),
  third: fc.integer({ min: 1, max: 3 }),
});
const terms = fc.record({
  least: fc.option(fc.integer({ min: 0, max: examples }).map((count) => count / examples)),
  hasThird: fc.boolean(),
  portion: fc.integer({ min: 1, max: examples }),
  generation: fc.integer({ min: 1, max: 6 }),
});
type Network = typeof network extends fc.Arbitrary<infer T> ? T : never;
type Terms = typeof terms extends fc.Arbitrary<infer T> ? T : never;

const count = (right: readonly boolean[]) => right.filter(Boolean).length;

function evaluationOf({ macs, third }: Network, score: number, { least, hasThird }: Terms) {
  return {
    objectives: hasThird ? [macs, -score, third] : [macs, -score],
    ...(least === null ? {} : { violation: shortfall(score, least) }),
  };
}

/** Portion by portion, until nothing can come of it. */
function scoreEarly(each: Network, genome: number[], whole: readonly Evaluation[], of: Terms): Evaluation {
  for (let seen = of.portion; seen < examples; seen += of.portion) {
    const best = evaluationOf(each, (count(each.right.slice(0, seen)) + examples - seen) / examples, of);
    if (isHopeless(best, whole)) return { genome, ...best, unfinished: { seen, of: examples } };
  }
  return { genome, ...evaluationOf(each, count(each.right) / examples, of) };
}

describe('isHopeless', () => {
  it('never stops what would be on the front, nor what a rule would choose', () => {
    let stopped = 0;
    fc.assert(
      fc.property(fc.array(network, { minLength: 1, maxLength: 24 }), terms, (networks, of) => {
        const early: Evaluation[] = [];
        for (let begin = 0; begin < networks.length; begin += of.generation) {
          const known = wholeOnes(early);
          for (const [i, each] of networks.slice(begin, begin + of.generation).entries())
            early.push(scoreEarly(each, [begin + i], known, of));
        }
        stopped += early.filter(({ unfinished }) => unfinished).length;
        const whole = networks.map((each, i) => ({
          genome: [i],
          ...evaluationOf(each, count(each.right) / examples, of),
        }));
        early.forEach(({ objectives }, i) =>
          expect(objectives[1]).toBeLessThanOrEqual(whole[i]!.objectives[1]!),
        );
        // The front that is searched, and the one of MACs and score that is drawn.
        expect(frontOf(early)).toEqual(frontOf(whole));
        expect(frontOf(early.map(flat))).toEqual(frontOf(whole.map(flat)));
        expect(mostAccurate(early)).toEqual(mostAccurate(whole));
        expect(leastViolated(early)).toEqual(leastViolated(whole));
        for (const strict of [false, true]) {
          const rule = { reference: 0.6, tolerance: 0.1, strict };
          expect(chooseSubNetwork(early, rule)).toEqual(chooseSubNetwork(whole, rule));
        }
      }),
      { numRuns: 2000 },
    );
    expect(stopped).toBeGreaterThan(1000);
  });

  it('lets what is not a number be', () => {
    const known = { genome: [0], objectives: [1, -1] };
    expect(isHopeless({ objectives: [2, Number.NaN] }, [known])).toBe(false);
    expect(isHopeless({ objectives: [2, -0.5] }, [known])).toBe(true);
  });
});

const flat = ({ objectives, ...rest }: Evaluation): Evaluation => ({
  ...rest,
  objectives: objectives.slice(0, 2),
});
