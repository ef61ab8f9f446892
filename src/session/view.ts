import type {
  DataInfo,
  DeviceInfo,
  EventOf,
  MemoryPart,
  ModelInfo,
  PointTag,
  Proof,
  ResultRow,
  Stage,
} from './events.ts';
import type { Point as FrontPoint } from './front.ts';
import type { Recipe } from './recipe.ts';

export interface Point extends FrontPoint {
  tag: PointTag | null;
}

export type Group = EventOf<'started'>['groups'][number];

export interface StageView {
  stage: Stage;
  total: number;
  done: number;
  startedAt: number;
  updatedAt: number;
  /** Milliseconds of `updatedAt − startedAt` in which the run was paused. */
  pausedFor: number;
}

export interface LossPoint {
  step: number;
  loss: number;
}

export interface HypervolumePoint {
  generation: number;
  /** Scored points so far, which is what the budget counts. */
  evaluations: number;
  hypervolume: number;
}

/** Device memory in a stage, in bytes. */
export interface MemoryView {
  stage: Stage;
  bytes: Readonly<Record<MemoryPart, number>>;
}

export type Recovery = Omit<EventOf<'recovered'>, 'type'>;

export type SessionStatus = 'empty' | 'running' | 'paused' | 'stopped' | 'finished' | 'failed';

/**
 * All that the page shows of a run. It is a pure function of the log (`reduce.ts`), and nothing else feeds the
 * charts and the tables, so a link, a file and a live run cannot look different.
 */
export interface SessionView {
  status: SessionStatus;
  date: string | null;
  recipe: Recipe | null;
  model: ModelInfo | null;
  data: DataInfo | null;
  device: DeviceInfo | null;
  metric: 'accuracy' | 'perplexity';
  groups: readonly Group[];
  maximalMacs: number;
  /** In the order in which they began; the last is the current one. */
  stages: readonly StageView[];
  losses: readonly LossPoint[];
  points: readonly Point[];
  /** The feasible, non-dominated sub-networks, by ascending MACs. Reference points (w/o tune) are not on it. */
  front: readonly Point[];
  heuristicScore: number | null;
  hypervolume: readonly HypervolumePoint[];
  chosen: { genome: number[]; by: 'rule' | 'user'; index: number | null } | null;
  results: readonly ResultRow[];
  /** What came out when the chosen model's files were last read back. */
  proof: Proof | null;
  /** The latest of each stage, in the order in which they began. */
  memory: readonly MemoryView[];
  /** How often, and why, the run went on from a checkpoint. */
  recoveries: readonly Recovery[];
  error: { message: string; remedy: string } | null;
  /** Milliseconds since the run began, at the last event. */
  elapsed: number;
  pausedAt: number | null;
}

export const emptyView: SessionView = {
  status: 'empty',
  date: null,
  recipe: null,
  model: null,
  data: null,
  device: null,
  metric: 'accuracy',
  groups: [],
  maximalMacs: 0,
  stages: [],
  losses: [],
  points: [],
  front: [],
  heuristicScore: null,
  hypervolume: [],
  chosen: null,
  results: [],
  proof: null,
  memory: [],
  recoveries: [],
  error: null,
  elapsed: 0,
  pausedAt: null,
};

export const isActive = (view: SessionView): boolean => view.status === 'running' || view.status === 'paused';

export function sameGenome(a: readonly number[] | null, b: readonly number[] | null): boolean {
  const [x, y] = [a ?? [], b ?? []];
  return x.length === y.length && x.every((gene, index) => gene === y[index]);
}

/** A sub-network that can be chosen: it has genes, or the recipe has none to give (plain LoRA). */
export function isCandidate(point: Pick<Point, 'genome' | 'tag'>, groups: readonly Group[]): boolean {
  return point.genome !== null || (groups.length === 0 && point.tag === 'lora');
}

/**
 * Milliseconds left in the current stage at its average pace so far, pauses not counted; null while that would be
 * a guess (nothing done, or less than two seconds watched).
 */
export function timeLeft(view: SessionView): number | null {
  const stage = view.stages.at(-1);
  if (!stage || view.status !== 'running' || stage.done === 0 || stage.total === 0) return null;
  const worked = stage.updatedAt - stage.startedAt - stage.pausedFor;
  if (worked < 2000) return null;
  return (worked / stage.done) * Math.max(0, stage.total - stage.done);
}
