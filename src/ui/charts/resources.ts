import { memoryParts } from '../../session/events.ts';
import type { MemoryPart } from '../../session/events.ts';
import { namedStages } from '../../session/stageTitles.ts';
import type { NamedStage } from '../../session/stageTitles.ts';
import type { MemoryView, SessionView, StageView } from '../../session/view.ts';

/** Milliseconds. */
export interface StageTime {
  stage: NamedStage;
  /** Of the clock's time between the stage's start and the next one's. */
  worked: number;
  paused: number;
}

/**
 * The time of each stage, in the order in which they began. A stage that comes twice is one row: it is asked where time
 * goes, and not when.
 */
export function timeByStage(view: Pick<SessionView, 'stages' | 'elapsed' | 'recipe'>): StageTime[] {
  const { stages, elapsed } = view;
  const names = namedStages(view);
  const times = new Map<NamedStage, StageTime>();
  for (const [index, stage] of stages.entries()) {
    const until = stages[index + 1]?.startedAt ?? Math.max(elapsed, stage.updatedAt);
    const paused = pausedWithin(stage, until);
    const name = names[index]!;
    const time = times.get(name) ?? { stage: name, worked: 0, paused: 0 };
    time.worked += Math.max(0, until - stage.startedAt - paused);
    time.paused += paused;
    times.set(name, time);
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
