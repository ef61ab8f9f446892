import { z } from 'zod';
import { pointTags } from './events.ts';
import type { EventOf, SessionEvent } from './events.ts';
import { mostEvents } from './checkLog.ts';
import { thinLosses } from './thinLosses.ts';

/**
 * The compact form of a log inside a share link: what comes in numbers (scored points, generations, losses) as
 * columns, which deflate packs far better than objects; everything else as the events themselves.
 *
 * Rounded on the way, and documented so: times to milliseconds, losses down-sampled (`thinLosses`).
 */
const listOf = <T>(what: string, accepts: (item: unknown) => item is T) =>
  // One answer for the whole list: thousands of wrong numbers need not be explained one by one.
  z.custom<T[]>(
    (value) => Array.isArray(value) && value.length <= mostEvents && value.every(accepts),
    `must be a list of at most ${mostEvents} ${what}`,
  );
const isFinite = (item: unknown): item is number => Number.isFinite(item);
const isInteger = (item: unknown): item is number => Number.isSafeInteger(item);
const isCount = (item: unknown): item is number => isInteger(item) && item >= 0;
const isObject = (item: unknown): item is Record<string, unknown> =>
  typeof item === 'object' && item !== null && !Array.isArray(item);

const column = listOf('finite numbers', isFinite);
const sparse = listOf(
  'finite numbers or nulls',
  (item): item is number | null => item === null || isFinite(item),
);
const counts = listOf('whole numbers from 0', isCount);

export const wireSchema = z.strictObject({
  /** The order of events: `e` evaluated, `g` generation, `l` all losses, `.` another one, from `rest`. */
  order: z
    .string()
    .max(mostEvents)
    .regex(/^[egl.]*$/, 'has an event of no known kind')
    // Each would bring all losses again.
    .refine((order) => order.indexOf('l') === order.lastIndexOf('l'), 'has the losses more than once'),
  /** Milliseconds between each event in `order` and the one before. */
  at: listOf('whole numbers', isInteger),
  rest: listOf('events', isObject),
  macs: column,
  score: column,
  generation: counts,
  /** 0: none; else the place in `pointTags`, from 1. */
  tag: counts,
  /** Where any point has one (absent in older links); null or beyond the end: none. */
  third: sparse.optional(),
  violation: sparse.optional(),
  /** Of points whose scoring was stopped: examples seen, and of how many. Absent in older links. */
  seen: sparse.optional(),
  of: sparse.optional(),
  /** Evaluated points without genes. */
  without: counts,
  /** The genes of all others, one character a gene (its code minus `geneBase`), and genes a point. */
  genes: z.string(),
  width: z.int().min(0).max(4096),
  hypervolume: listOf(
    'pairs of generation and hypervolume',
    (item): item is [number, number] =>
      Array.isArray(item) && item.length === 2 && isCount(item[0]) && isFinite(item[1]),
  ),
  lossSteps: listOf('whole numbers', isInteger),
  lossValues: column,
});
export type Wire = z.infer<typeof wireSchema>;

const geneBase = 48;
const packGenome = (genome: readonly number[]): string =>
  genome.map((gene) => String.fromCharCode(gene + geneBase)).join('');
const unpackGenome = (text: string): number[] =>
  Array.from(text, (_, index) => text.charCodeAt(index) - geneBase);

export function toWire(log: readonly SessionEvent[]): Wire {
  const started = log.find((event) => event.type === 'started');
  const wire: Wire = emptyWire(started?.groups.length ?? 0);
  const lastLosses = log.findLastIndex((event) => event.type === 'losses');
  let clock = 0;
  for (const [index, event] of log.entries()) {
    if (event.type === 'losses' && index !== lastLosses) continue;
    const at = Math.round(event.at);
    wire.at.push(at - clock);
    clock = at;
    write(wire, event);
  }
  let step = 0;
  for (const point of thinLosses(log)) {
    wire.lossSteps.push(point.step - step);
    wire.lossValues.push(point.loss);
    step = point.step;
  }
  return wire;
}

function emptyWire(width: number): Wire {
  const columns = { macs: [], score: [], generation: [], tag: [], without: [], hypervolume: [] };
  return { order: '', at: [], rest: [], ...columns, genes: '', width, lossSteps: [], lossValues: [] };
}

function write(wire: Wire, event: SessionEvent): void {
  switch (event.type) {
    case 'losses':
      wire.order += 'l';
      return;
    case 'generation':
      wire.order += 'g';
      wire.hypervolume.push([event.index, event.hypervolume]);
      return;
    case 'evaluated':
      wire.order += 'e';
      if (event.genome === null) wire.without.push(wire.macs.length);
      else wire.genes += packGenome(event.genome);
      if (event.third !== undefined) setAt((wire.third ??= []), wire.macs.length, event.third);
      if (event.violation) setAt((wire.violation ??= []), wire.macs.length, event.violation);
      if (event.unfinished) {
        setAt((wire.seen ??= []), wire.macs.length, event.unfinished.seen);
        setAt((wire.of ??= []), wire.macs.length, event.unfinished.of);
      }
      wire.macs.push(event.macs);
      wire.score.push(event.score);
      wire.generation.push(event.generation);
      wire.tag.push(event.tag === null ? 0 : pointTags.indexOf(event.tag) + 1);
      return;
    default:
      wire.order += '.';
      wire.rest.push(packRest(event));
  }
}

/** A column that only some points have a value in. */
function setAt(sparseColumn: (number | null)[], index: number, value: number): void {
  while (sparseColumn.length < index) sparseColumn.push(null);
  sparseColumn.push(value);
}

/** Genomes in chosen points and rows repeat those of the columns; written alike, deflate finds them there. */
function packRest(event: Exclude<SessionEvent, { type: 'losses' | 'generation' | 'evaluated' }>) {
  const { at: _, ...rest } = event;
  if (rest.type === 'chosen') return { ...rest, genome: packGenome(rest.genome) };
  if (rest.type !== 'result') return rest;
  const { genome } = rest.row;
  return { ...rest, row: { ...rest.row, genome: genome && packGenome(genome) } };
}

/** The events again, unchecked: `checkLog` must see them before anybody else does. */
export function fromWire(wire: Wire): unknown[] {
  const reader = {
    wire,
    clock: 0,
    rest: 0,
    point: 0,
    gene: 0,
    generation: 0,
    without: new Set(wire.without),
  };
  return Array.from(wire.order).flatMap((kind, index) => {
    reader.clock += wire.at[index] ?? 0;
    return read(reader, kind);
  });
}

interface Reader {
  wire: Wire;
  clock: number;
  rest: number;
  point: number;
  gene: number;
  generation: number;
  without: Set<number>;
}

function read(reader: Reader, kind: string): unknown[] {
  const { wire, clock: at } = reader;
  if (kind === 'e') return [readPoint(reader)];
  if (kind === 'l') return readLosses(wire, at);
  if (kind === 'g') {
    const [index, hypervolume] = wire.hypervolume[reader.generation++] ?? [];
    return [{ type: 'generation', at, index, hypervolume }];
  }
  const event = wire.rest[reader.rest++] ?? {};
  if (typeof event.genome === 'string') return [{ ...event, at, genome: unpackGenome(event.genome) }];
  const { row } = event;
  if (row && typeof row === 'object' && 'genome' in row && typeof row.genome === 'string') {
    return [{ ...event, at, row: { ...row, genome: unpackGenome(row.genome) } }];
  }
  return [{ ...event, at }];
}

type PointFields = keyof EventOf<'evaluated'>;
type Rare = 'third' | 'violation' | 'unfinished';

function readPoint(reader: Reader): Record<Exclude<PointFields, Rare>, unknown> & { [K in Rare]?: unknown } {
  const { wire, clock: at } = reader;
  const point = reader.point++;
  let genome: number[] | null = null;
  if (!reader.without.has(point)) {
    genome = unpackGenome(wire.genes.slice(reader.gene, reader.gene + wire.width));
    reader.gene += wire.width;
  }
  const code = wire.tag[point] ?? 0;
  const tag = code === 0 ? null : pointTags[code - 1];
  const [macs, score, generation] = [wire.macs[point], wire.score[point], wire.generation[point]];
  const [third, violation] = [wire.third?.[point] ?? null, wire.violation?.[point] ?? null];
  const [seen, of] = [wire.seen?.[point] ?? null, wire.of?.[point] ?? null];
  return {
    type: 'evaluated',
    at,
    genome,
    tag,
    macs,
    score,
    generation,
    ...(third === null ? {} : { third }),
    ...(violation === null ? {} : { violation }),
    ...(seen === null ? {} : { unfinished: { seen, of } }),
  };
}

/** Down-sampled steps are not neighbours: each becomes an event; those that are share one. */
function readLosses(wire: Wire, at: number): unknown[] {
  const events: { type: 'losses'; at: number; from: number; values: number[] }[] = [];
  let step = 0;
  for (const [index, loss] of wire.lossValues.entries()) {
    step += wire.lossSteps[index] ?? 0;
    const last = events.at(-1);
    if (last && last.from + last.values.length === step && last.values.length < 10_000)
      last.values.push(loss);
    else events.push({ type: 'losses', at, from: step, values: [loss] });
  }
  return events;
}
