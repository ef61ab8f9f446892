import { insertIntoFront } from '../front.ts';
import { isCandidate } from '../view.ts';
import type { Point, SessionView } from '../view.ts';

/** The points that are shown, and the front of them. */
export type Scene = Pick<SessionView, 'points' | 'front'>;

/** The search as it stood when a generation was scored. Reference points are no part of it, and always there. */
export function sceneAt(view: Pick<SessionView, 'points' | 'front' | 'groups'>, generation: number): Scene {
  const points: Point[] = [];
  const front: Point[] = [];
  for (const point of view.points) {
    const isReference = point.genome === null && point.tag !== null;
    if (!isReference && point.generation > generation) continue;
    const candidate = isCandidate(point, view.groups) && point.violation === 0 && !point.unfinished;
    const shown = candidate ? { ...point, dominated: false } : point;
    points.push(shown);
    if (!candidate) continue;
    const removed = insertIntoFront(front, shown);
    if (!removed) shown.dominated = true;
    for (const loser of removed ?? []) loser.dominated = true;
  }
  return { points, front };
}

/** The last generation that a sub-network was scored in. */
export const lastGeneration = ({ points }: Pick<SessionView, 'points'>): number =>
  points.reduce((last, point) => Math.max(last, point.generation), 0);
