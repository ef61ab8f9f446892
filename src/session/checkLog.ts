import type { z } from 'zod';
import type { PareError } from '../lib/assert.ts';
import { eventSchema } from './events.ts';
import type { SessionEvent } from './events.ts';
import { integer } from './format.ts';

export const mostEvents = 250_000;
/** As many as a recipe may ask for, and some that come on top (LoRA, the untuned base). */
export const mostPoints = 101_000;
/** Events that come once a stage, a row or a click. The view looks some of them up in one another. */
const mostOthers = 10_000;
/** Numbers, texts, lists and objects in one event: the largest search space needs some hundred thousand. */
const mostValues = 500_000;

/** What a log from outside is refused with; the caller knows whether it came in a link or in a file. */
export type Refuse = (
  code: string,
  message: string,
  remedy?: string,
  details?: Readonly<Record<string, unknown>>,
) => PareError;

/** Checks a log against the schema, and then what a schema cannot say: it begins with `started`, and genomes fit. */
export function checkLog(value: unknown, refuse: Refuse, points = mostPoints): SessionEvent[] {
  if (!Array.isArray(value)) throw refuse('invalid', 'does not hold a list of events');
  checkCounts(value, refuse, points);
  // One at a time, so that the first that is wrong is the only one that is explained.
  const log = value.map((event: unknown, index) => checkEvent(event, index, refuse));
  const [started, ...rest] = log;
  if (started?.type !== 'started' || rest.some((event) => event.type === 'started')) {
    throw refuse('invalid', 'does not hold one run from its start');
  }
  const sizes = started.groups.map((group) => group.choices.length);
  for (const event of rest) {
    const genome = genomeOf(event);
    if (genome && !fits(genome, sizes)) {
      throw refuse('invalid', 'holds a sub-network that is not in its own search space');
    }
  }
  return log;
}

/** Bounds what the view of a log costs, which for some events grows with the square of their number. */
function checkCounts(events: readonly unknown[], refuse: Refuse, points: number): void {
  const counts = { evaluated: 0, generation: 0, losses: 0, others: 0 };
  for (const event of events) {
    const type = event && typeof event === 'object' && 'type' in event ? event.type : null;
    if (type === 'evaluated' || type === 'generation' || type === 'losses') counts[type]++;
    else counts.others++;
  }
  const within = (count: number, most: number, what: string): void => {
    if (count <= most) return;
    throw refuse('invalid', `holds ${integer(count)} ${what}; at most ${integer(most)} are possible`);
  };
  within(events.length, mostEvents, 'events');
  within(counts.evaluated, points, 'scored sub-networks');
  within(counts.generation, points, 'generations');
  within(counts.others, mostOthers, 'events that are neither scores nor losses');
}

function checkEvent(value: unknown, index: number, refuse: Refuse): SessionEvent {
  if (!hasAtMost(mostValues, value)) {
    throw refuse('invalid', `holds an event (${index}) of more than ${integer(mostValues)} values`);
  }
  const parsed = eventSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw refuse('invalid', `does not hold a valid session: ${firstIssue(parsed.error, [index])}`);
}

/** Whether a value holds no more than so many values, itself included. Does not recurse. */
function hasAtMost(most: number, value: unknown): boolean {
  const open = [value];
  let count = 1;
  while (open.length > 0 && count <= most) {
    const next = open.pop();
    if (next === null || typeof next !== 'object') continue;
    const items: readonly unknown[] = Array.isArray(next) ? next : Object.values(next);
    count += items.length;
    if (count <= most)
      for (const item of items) if (item !== null && typeof item === 'object') open.push(item);
  }
  return count <= most;
}

function genomeOf(event: SessionEvent): readonly number[] | null {
  if (event.type === 'evaluated' || event.type === 'chosen') return event.genome;
  return event.type === 'result' ? event.row.genome : null;
}

const fits = (genome: readonly number[], sizes: readonly number[]): boolean =>
  genome.length === sizes.length && genome.every((gene, index) => gene < (sizes[index] ?? 0));

export function firstIssue(error: z.ZodError, at: readonly PropertyKey[] = []): string {
  const issue = error.issues[0];
  if (!issue) return 'unknown';
  const path = [...at, ...issue.path].map(String).join('.');
  // Both may quote what is wrong, however long that is.
  const text = path ? `${path.slice(0, 200)}: ${issue.message}` : issue.message;
  return text.slice(0, 400);
}
