import type { Stage } from '../../session/events.ts';
import { duration, integer } from '../../session/format.ts';
import type { SessionView } from '../../session/view.ts';
import type { Origin } from '../../state/session.ts';

export const stageTitles: Record<Stage, string> = {
  prepare: 'Prepare',
  calibrate: 'Calibrate',
  train: 'Train',
  search: 'Search',
  test: 'Test',
};

const stageDoing: Record<Stage, string> = {
  prepare: 'Preparing the model',
  calibrate: 'Measuring which weights matter',
  train: 'Training the adapters',
  search: 'Searching sub-networks',
  test: 'Measuring on the test split',
};

/**
 * The run in a sentence. A live region speaks it, so it changes with the stage and not with each step.
 * null where there is no run to speak of.
 */
export function statusText(view: SessionView, origin: Origin): string | null {
  const took = duration(view.elapsed);
  const scored = `${integer(view.points.length)} scored, ${integer(view.front.length)} on the front`;
  const stage = view.stages.at(-1)?.stage;
  switch (view.status) {
    case 'empty':
      return null;
    case 'running':
      if (origin !== 'run') return 'Shared while it was still running.';
      return stage ? `${stageDoing[stage]}…` : 'Starting…';
    case 'paused':
      return origin === 'run' ? 'Paused.' : 'Shared while it was paused.';
    case 'stopped':
      return `Stopped after ${took}: ${scored}.`;
    case 'finished':
      return `Finished in ${took}: ${scored}.`;
    case 'failed':
      return `Failed after ${took}.`;
    default:
      return view.status satisfies never;
  }
}
