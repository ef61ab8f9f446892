import type { SessionEvent } from './events.ts';
import { viewOf } from './reduce.ts';
import type { LossPoint } from './view.ts';

/** Points of the loss curve that a link carries: about two to a pixel of its chart. */
export const lossPointsInLink = 240;

/** At most `most` points: means over equal stretches, each standing at its last step. */
export function thin(losses: readonly LossPoint[], most: number): LossPoint[] {
  if (losses.length <= most) return [...losses];
  return Array.from({ length: most }, (_, bucket) => {
    const from = Math.floor((bucket * losses.length) / most);
    const to = Math.floor(((bucket + 1) * losses.length) / most);
    const members = losses.slice(from, to);
    const loss = members.reduce((sum, member) => sum + member.loss, 0) / members.length;
    return { step: members.at(-1)?.step ?? 0, loss };
  });
}

/** The loss curve of a log as a link shows it: down-sampled, four significant digits. */
export function thinLosses(log: readonly SessionEvent[]): LossPoint[] {
  const { losses } = viewOf(log.filter((event) => event.type === 'losses'));
  return thin(losses, lossPointsInLink).map(({ step, loss }) => ({
    step,
    loss: Number(loss.toPrecision(4)),
  }));
}
