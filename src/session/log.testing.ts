import { exportFormats } from '../exporters/exporter.ts';
import * as fc from 'fast-check';
import { presets } from '../recipes/presets.ts';
import { memoryParts, pointTags, recoveryCauses, stages } from './events.ts';
import type { EventOf, SessionEvent } from './events.ts';
import { methods } from './recipe.ts';
import type { Recipe } from './recipe.ts';
import { startedFixture } from './session.testing.ts';
import { thinLosses } from './thinLosses.ts';

/** Any log that the schema accepts, with every kind of event, and what a link makes of it. For property tests. */

/** JSON has no −0. */
const number = (min: number, max: number) =>
  fc.double({ min, max, noNaN: true }).map((value) => (Object.is(value, -0) ? 0 : value));
const amount = fc.oneof(number(0, 1e18), fc.constantFrom(0, 1, 0.1, 1e18, 5e-324));
const real = fc.oneof(number(-1e18, 1e18), fc.constantFrom(0, 1e-7, -1e18));
const whole = fc.oneof(fc.nat(), fc.constantFrom(0, Number.MAX_SAFE_INTEGER));
/** Any UTF-16: markup, emoji, control characters, halves of surrogate pairs. */
const text = fc.oneof(
  fc.string({ maxLength: 30, unit: 'binary' }),
  fc.string({
    maxLength: 20,
    unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
  }),
  fc.constantFrom(
    '<img src=x onerror=alert(1)>',
    '</script><script>alert(1)</script>',
    '__proto__',
    '\u202e\u0000"\\',
  ),
);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const sha256 = fc.string({ minLength: 64, maxLength: 64, unit: fc.constantFrom(...'0123456789abcdef') });

/** Absent, not undefined: as it comes out of JSON. */
const clean = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
const record = <T extends object>(shape: { [K in keyof T]-?: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(shape as { [K in keyof T]: fc.Arbitrary<T[K]> }).map((value) => clean(value as T));

export const recipeArbitrary: fc.Arbitrary<Recipe> = fc
  .record({
    method: fc.constantFrom(...methods),
    task: fc.constantFrom('exact', 'perplexity'),
    seed: fc.oneof(fc.integer({ min: 0, max: 0xffffffff }), fc.constantFrom(0, 0xffffffff)),
    learningRate: number(1e-12, 1),
    tolerance: number(0, 1),
    baseline: fc.boolean(),
  })
  .map(({ method, task, seed, learningRate, tolerance, baseline }) => {
    const recipe = presets[method].recipe(task);
    const search = recipe.search && { ...recipe.search, tolerance };
    return { ...recipe, seed, baseline, search, training: { ...recipe.training, learningRate } };
  });

const device = record<EventOf<'started'>['device']>({
  backend: fc.constantFrom('webgpu', 'cpu'),
  adapter: text,
  kernels: maybe(text) as fc.Arbitrary<string>,
});

const started = (sizes: readonly number[]): fc.Arbitrary<SessionEvent> =>
  fc
    .record({
      recipe: recipeArbitrary,
      device,
      name: text,
      sha256,
      parameters: whole,
      maximalMacs: amount,
      date: text,
    })
    .map(({ recipe, device: on, name, sha256: sum, parameters, maximalMacs, date }) => {
      const { model, data, ...rest } = startedFixture(1);
      const groups = sizes.map((size, index) => ({
        id: `${index}.${name}`,
        kind: 'rank' as const,
        layer: index % 1024,
        members: [name],
        choices: Array.from({ length: size }, (_, choice) => size - choice),
      }));
      const tests = [{ name, sha256: sum, bytes: parameters, examples: 1, total: 2, tooLong: 1 }];
      return {
        ...rest,
        recipe,
        device: on,
        maximalMacs,
        groups,
        date: date.slice(0, 40),
        model: { ...model, name, sha256: sum, parameters },
        data: { ...data, name, tests },
      };
    });

const genomeOf = (sizes: readonly number[]): fc.Arbitrary<number[]> =>
  fc.tuple(...sizes.map((size) => fc.integer({ min: 0, max: size - 1 }))).map((genes) => [...genes]);

const rowOf = (genome: fc.Arbitrary<number[]>) =>
  record<EventOf<'result'>['row']>({
    label: text,
    tag: fc.constantFrom(...pointTags, 'chosen', 'best'),
    genome: fc.option(genome),
    score: real,
    examples: whole,
    interval: fc.option(fc.tuple(real, real)),
    sparsity: number(0, 1),
    precision: text,
    tmacsAt256: amount,
    macsPerToken: amount,
    totalParameters: whole,
    wholeModelParameters: whole,
    nonZeroParameters: whole,
    speedup: fc.option(amount),
    bytes: fc.option(whole),
    tests: fc.array(fc.record({ name: text, score: real, examples: whole }), { maxLength: 3 }),
  });

const proof = record<EventOf<'proof'>['proof']>({
  logitError: fc.option(amount),
  bound: amount,
  reason: text,
  tokens: whole,
  maskedWeights: whole,
  maskedZeros: whole,
  otherZeros: whole,
  codes: fc.option(fc.record({ compared: whole, equal: whole })),
  merged: fc.record({ compared: whole, equal: whole }),
  format: fc.constantFrom(...exportFormats),
  holds: fc.boolean(),
});

type Shape<T extends SessionEvent['type']> = {
  [K in Exclude<keyof EventOf<T>, 'type' | 'at'>]-?: fc.Arbitrary<EventOf<T>[K]>;
};

function eventsOf(sizes: readonly number[]): fc.Arbitrary<SessionEvent> {
  const genome = genomeOf(sizes);
  const at = number(0, 1e12);
  const event = <T extends SessionEvent['type']>(type: T, shape: Shape<T>): fc.Arbitrary<SessionEvent> =>
    fc
      .record({ type: fc.constant(type), at, ...shape })
      .map((value) => clean(value) as unknown as SessionEvent);
  const stage = fc.constantFrom(...stages);
  const part = fc.tuple(...memoryParts.map(() => whole));
  const bytes = part.map(
    (values) =>
      Object.fromEntries(
        memoryParts.map((name, index) => [name, values[index]]),
      ) as EventOf<'memory'>['bytes'],
  );
  return fc.oneof(
    event('stage', { stage, total: whole }),
    event('progress', { stage, done: whole }),
    event('losses', {
      from: fc.nat({ max: 2000 }),
      values: fc.array(fc.option(number(-3.5e38, 3.5e38)), { maxLength: 40 }),
    }),
    event('evaluated', {
      genome: fc.option(genome),
      tag: fc.option(fc.constantFrom(...pointTags)),
      macs: amount,
      score: real,
      generation: whole,
      third: maybe(real) as fc.Arbitrary<number>,
      violation: maybe(amount) as fc.Arbitrary<number>,
      unfinished: maybe(fc.record({ seen: whole, of: fc.integer({ min: 1, max: 1e6 }) })) as fc.Arbitrary<{
        seen: number;
        of: number;
      }>,
    }),
    event('generation', { index: whole, hypervolume: amount }),
    event('chosen', { genome, by: fc.constantFrom('rule', 'user') }),
    event('result', { row: rowOf(genome) }),
    event('proof', { proof }),
    event('memory', { stage, bytes }),
    event('recovered', {
      cause: fc.constantFrom(...recoveryCauses),
      message: text,
      device,
      exact: fc.boolean(),
      accumulation: fc.integer({ min: 1, max: 1024 }),
    }),
    ...(['paused', 'resumed', 'stopped'] as const).map((type) => event(type, {})),
    event('finished', { seconds: amount }),
    event('failed', { message: text, remedy: text }),
  );
}

export const logArbitrary: fc.Arbitrary<SessionEvent[]> = fc
  .array(fc.integer({ min: 1, max: 256 }), { maxLength: 12 })
  .chain((sizes) => fc.tuple(started(sizes), fc.array(eventsOf(sizes), { maxLength: 40 })))
  .map(([first, rest]) => [first, ...rest]);

/**
 * What the link promises to give back (docs/session-format.md): times to milliseconds, no violation where it is 0, and
 * all losses, down-sampled, where the last of them were.
 */
export function asInLink(log: readonly SessionEvent[]): SessionEvent[] {
  const lastLosses = log.findLastIndex((event) => event.type === 'losses');
  return log.flatMap((event, index): SessionEvent[] => {
    const at = Math.round(event.at);
    if (event.type === 'losses') return index === lastLosses ? lossesAt(at, log) : [];
    if (event.type !== 'evaluated' || event.violation !== 0) return [{ ...event, at }];
    const { violation: _violation, ...rest } = event;
    return [{ ...rest, at }];
  });
}

function lossesAt(at: number, log: readonly SessionEvent[]): SessionEvent[] {
  const events: EventOf<'losses'>[] = [];
  for (const { step, loss } of thinLosses(log)) {
    const last = events.at(-1);
    if (last && last.from + last.values.length === step) last.values.push(loss);
    else events.push({ type: 'losses', at, from: step, values: [loss] });
  }
  return events;
}
