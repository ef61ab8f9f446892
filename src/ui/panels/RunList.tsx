import { useStore } from 'zustand';
import { duration } from '../../session/format.ts';
import { historyStore } from '../../state/history.ts';
import type { KeptRun } from '../../state/history.ts';
import { sessionStore } from '../../state/session.ts';
import { revisitRun } from '../../state/share.ts';
import { recipeTitle } from './statusText.ts';
import { useDeviceUse } from './useDeviceUse.ts';

/** The runs of this page that have ended, the latest first; any of them can be looked at again. */
export function RunList() {
  const runs = useStore(historyStore, (state) => state.runs);
  const shown = useStore(sessionStore, (state) => state.id);
  const busy = useDeviceUse() === 'run';
  return (
    <ol className="run-list" aria-label="Runs of this session">
      {runs.map((run) => (
        <li key={run.id}>
          <button
            type="button"
            className="quiet small"
            aria-current={run.id === shown}
            disabled={busy}
            title="Show its charts and its table"
            onClick={() => revisitRun(run.id)}
          >
            {titleOf(run)}
          </button>
          <span className="soft">{outcomeOf(run)}</span>
        </li>
      ))}
    </ol>
  );
}

const titleOf = ({ id, view: { recipe } }: KeptRun): string =>
  recipe ? `${id}. ${recipeTitle(recipe)}` : `Run ${id}`;

function outcomeOf({ view: { status, elapsed, proof } }: KeptRun): string {
  const ended = `${status} after ${duration(elapsed)}`;
  if (!proof) return ended;
  return `${ended}, merge ${proof.holds ? 'proved' : 'NOT proved'}`;
}
