import type { EventOf, ResultRow, SessionEvent } from './events.ts';
import { insertIntoFront } from './front.ts';
import { Places } from './places.ts';
import { emptyView, isCandidate, sameGenome } from './view.ts';
import type {
  HypervolumePoint,
  LossPoint,
  MemoryView,
  Point,
  Recovery,
  SessionView,
  StageView,
} from './view.ts';

/** The lists that grow; a draft owns a fresh copy of each once a batch, then pushes. */
interface Draft extends SessionView {
  stages: StageView[];
  losses: LossPoint[];
  points: Point[];
  front: Point[];
  hypervolume: HypervolumePoint[];
  results: ResultRow[];
  memory: MemoryView[];
  recoveries: Recovery[];
  /** Made when the first point of a batch comes. */
  places: Places | null;
}

/** The view of a whole log. */
export function viewOf(log: readonly SessionEvent[]): SessionView {
  return append(emptyView, log);
}

/**
 * The view after more events. A batch costs one shallow copy of the lists, whatever it holds; the given view is
 * left untouched, and lists that did not change keep their identity, so that charts need not draw again.
 */
export function append(view: SessionView, events: readonly SessionEvent[]): SessionView {
  if (events.length === 0) return view;
  const draft = open(view);
  for (const event of events) apply(draft, event);
  return close(view, draft);
}

const lists = [
  'stages',
  'losses',
  'points',
  'front',
  'hypervolume',
  'results',
  'memory',
  'recoveries',
] as const;

function open(view: SessionView): Draft {
  return {
    ...view,
    stages: [...view.stages],
    losses: [...view.losses],
    points: [...view.points],
    front: [...view.front],
    hypervolume: [...view.hypervolume],
    results: [...view.results],
    memory: [...view.memory],
    recoveries: [...view.recoveries],
    places: null,
  };
}

/** Gives back the old list wherever the new one has the same members. */
function close(view: SessionView, draft: Draft): SessionView {
  const kept: Partial<Record<(typeof lists)[number], unknown>> = {};
  for (const key of lists) {
    const [before, after]: [readonly unknown[], readonly unknown[]] = [view[key], draft[key]];
    if (before.length === after.length && before.every((item, index) => item === after[index])) {
      kept[key] = before;
    }
  }
  const shown: SessionView & { places?: unknown } = { ...draft, ...(kept as Partial<SessionView>) };
  delete shown.places;
  return shown;
}

function apply(draft: Draft, event: SessionEvent): void {
  draft.elapsed = elapsedAfter(draft, event);
  switch (event.type) {
    case 'started':
      return begin(draft, event);
    case 'stage':
      return beginStage(draft, event);
    case 'progress':
      return progress(draft, event);
    case 'losses':
      return addLosses(draft, event);
    case 'evaluated':
      return addPoint(draft, event);
    case 'generation':
      draft.hypervolume.push({
        generation: event.index,
        evaluations: draft.points.length,
        hypervolume: event.hypervolume,
      });
      return;
    case 'chosen':
      // A proof is of the sub-network that was exported.
      if (!sameGenome(draft.chosen?.genome ?? null, event.genome)) draft.proof = null;
      draft.chosen = { genome: event.genome, by: event.by, index: find(draft, event.genome) };
      return;
    case 'result':
      return addResult(draft, event.row);
    case 'proof':
      draft.proof = event.proof;
      return;
    case 'memory':
      return addMemory(draft, event);
    case 'recovered':
      return recover(draft, event);
    case 'paused':
      draft.status = 'paused';
      draft.pausedAt = event.at;
      return;
    case 'resumed':
      return resume(draft, event);
    case 'stopped':
      draft.status = 'stopped';
      return;
    case 'finished':
      draft.status = 'finished';
      return;
    case 'failed':
      draft.status = 'failed';
      draft.error = { message: event.message, remedy: event.remedy };
      return;
    default:
      event satisfies never;
  }
}

/** What is chosen and measured after the end does not make the run any longer. */
function elapsedAfter({ status, elapsed }: SessionView, { type, at }: SessionEvent): number {
  if (type === 'started') return at;
  return status === 'running' || status === 'paused' ? Math.max(elapsed, at) : elapsed;
}

function begin(draft: Draft, event: EventOf<'started'>): void {
  const { date, recipe, model, data, device, metric, groups, maximalMacs } = event;
  Object.assign(draft, open(emptyView), { date, recipe, model, data, device, metric, groups, maximalMacs });
  draft.status = 'running';
  draft.elapsed = event.at;
}

function beginStage(draft: Draft, { stage, total, at }: EventOf<'stage'>): void {
  draft.stages.push({ stage, total, done: 0, startedAt: at, updatedAt: at, pausedFor: 0 });
}

/** A report that names an older stage (it was late) belongs to that one. */
function progress(draft: Draft, { stage, done, at }: EventOf<'progress'>): void {
  const index = draft.stages.findLastIndex((candidate) => candidate.stage === stage);
  const current = draft.stages[index];
  if (current) draft.stages[index] = { ...current, done, updatedAt: Math.max(current.updatedAt, at) };
}

function resume(draft: Draft, { at }: EventOf<'resumed'>): void {
  draft.status = 'running';
  const current = draft.stages.at(-1);
  if (draft.pausedAt === null || !current) return;
  const pausedFor = current.pausedFor + Math.max(0, at - Math.max(draft.pausedAt, current.startedAt));
  draft.stages[draft.stages.length - 1] = {
    ...current,
    pausedFor,
    updatedAt: Math.max(current.updatedAt, at),
  };
  draft.pausedAt = null;
}

function addMemory(draft: Draft, { stage, bytes }: EventOf<'memory'>): void {
  const index = draft.memory.findIndex((each) => each.stage === stage);
  if (index === -1) draft.memory.push({ stage, bytes });
  else draft.memory[index] = { stage, bytes };
}

/** Whatever the run had ended in, it goes on. */
function recover(draft: Draft, event: EventOf<'recovered'>): void {
  const { at, cause, message, device, exact, accumulation } = event;
  draft.recoveries.push({ at, cause, message, device, exact, accumulation });
  draft.status = 'running';
  draft.error = null;
  draft.pausedAt = null;
}

function addLosses(draft: Draft, { from, values }: EventOf<'losses'>): void {
  while (draft.losses.length > 0 && (draft.losses.at(-1)?.step ?? -1) >= from) draft.losses.pop();
  for (const [offset, loss] of values.entries()) {
    if (loss !== null && Number.isFinite(loss)) draft.losses.push({ step: from + offset, loss });
  }
}

function addPoint(draft: Draft, event: EventOf<'evaluated'>): void {
  const { genome, tag, macs, score, generation, third = null, violation = 0, unfinished = null } = event;
  const index = (draft.places ??= new Places(draft.points)).take(event);
  const point: Point = {
    index,
    genome,
    tag,
    macs,
    score,
    generation,
    third,
    violation,
    unfinished,
    dominated: violation > 0 || unfinished !== null || (genome === null && tag === null),
  };
  if (tag === 'heuristic') draft.heuristicScore = score;
  draft.points[index] = point;
  if (!isCandidate(point, draft.groups)) return;
  if (violation === 0 && !unfinished) updateFront(draft, point);
  if (draft.chosen?.index === null && sameGenome(draft.chosen.genome, genome))
    draft.chosen = { ...draft.chosen, index };
}

function updateFront(draft: Draft, point: Point): void {
  const removed = insertIntoFront(draft.front, point);
  if (!removed) draft.points[point.index] = { ...point, dominated: true };
  for (const loser of removed ?? []) draft.points[loser.index] = { ...loser, dominated: true };
}

/** The one that was scored to its end, if there is one. */
function find(draft: Draft, genome: readonly number[]): number | null {
  const same = draft.points.filter(
    (point) => isCandidate(point, draft.groups) && sameGenome(point.genome, genome),
  );
  return (same.find(({ unfinished }) => !unfinished) ?? same[0])?.index ?? null;
}

/** A row measured again replaces the old one; different choices stand beside each other. */
function addResult(draft: Draft, row: ResultRow): void {
  const index = draft.results.findIndex(
    (old) => old.tag === row.tag && old.label === row.label && sameGenome(old.genome, row.genome),
  );
  if (index === -1) draft.results.push(row);
  else draft.results[index] = row;
}
