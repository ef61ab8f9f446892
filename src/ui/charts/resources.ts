import { memoryParts } from '../../session/events.ts';
import type { MemoryPart, Stage } from '../../session/events.ts';
import type { MemoryView, SessionView, StageView } from '../../session/view.ts';

/** Milliseconds. */
export interface StageTime {
  stage: Stage;
  /** Of the clock's time between the stage's start and the next one's. */
  worked: number;
  paused: number;
}

/**
 * The time of each stage, in the order in which they began. A stage that comes twice (the baseline is trained after
 * the search) is one row: it is asked where time goes, and not when.
 */
export function timeByStage({ stages, elapsed }: Pick<SessionView, 'stages' | 'elapsed'>): StageTime[] {
  const times = new Map<Stage, StageTime>();
  for (const [index, stage] of stages.entries()) {
    const until = stages[index + 1]?.startedAt ?? Math.max(elapsed, stage.updatedAt);
    const paused = pausedWithin(stage, until);
    const time = times.get(stage.stage) ?? { stage: stage.stage, worked: 0, paused: 0 };
    time.worked += Math.max(0, until - stage.startedAt - paused);
    time.paused += paused;
    times.set(stage.stage, time);
  }
  return [...times.values()];
}

const pausedWithin = ({ startedAt, pausedFor }: StageView, until: number): number =>
  Math.max(0, Math.min(pausedFor, until - startedAt));

/** The parts that are there at all, from the largest in any stage to the smallest. */
export function partsOf(memory: readonly MemoryView[]): MemoryPart[] {
  const largest = (part: MemoryPart) => memory.reduce((most, { bytes }) => Math.max(most, bytes[part]), 0);
  return memoryParts.filter((part) => largest(part) > 0).toSorted((a, b) => largest(b) - largest(a));
}

export const totalBytes = ({ bytes }: MemoryView): number =>
  memoryParts.reduce((sum, part) => sum + bytes[part], 0);
