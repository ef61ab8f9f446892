import { useStore } from 'zustand';
import { integer, percent } from '../../session/format.ts';
import { dataStore } from '../../state/data.ts';
import { modelStore } from '../../state/model.ts';
import { previewStore } from '../../state/preview.ts';
import { runStore } from '../../state/run.ts';
import { scoreModel, stopScoring } from '../../state/score.ts';
import { scoreStore } from '../../state/scoreStore.ts';
import { isRunActive, sessionStore } from '../../state/session.ts';
import { ProgressBar } from '../controls/ProgressBar.tsx';
import { scoredText } from './statusText.ts';

/** What the open model makes of the open data before anything is done to it. */
export function ScoreModel() {
  const { progress, stopping, result } = useStore(scoreStore);
  const blocker = useBlocker();
  if (progress !== null) {
    const known = progress.total > 0;
    return (
      <div className="scoring">
        <ProgressBar
          label="Scoring"
          done={progress.done}
          total={progress.total}
          text={known ? percent(progress.done / progress.total, 0) : 'Starting'}
        />
        <div className="scoring-row">
          <button
            type="button"
            className="quiet small"
            disabled={stopping}
            onClick={() => void stopScoring()}
          >
            Stop scoring
          </button>
          <span className="hint">{known ? percent(progress.done / progress.total, 0) : 'Starting…'}</span>
        </div>
      </div>
    );
  }
  const [score, of] = result ? scoredText(result) : ['', ''];
  return (
    <div className="scoring">
      {result && (
        <p
          className="scored"
          role="status"
          title={`${integer(result.tokens)} tokens in ${result.seconds.toFixed(1)} s`}
        >
          <strong>{score}</strong> · {of}
        </p>
      )}
      <button
        type="button"
        className="quiet small"
        disabled={blocker !== null}
        title={blocker ?? undefined}
        onClick={() => void scoreModel()}
      >
        Score the model as it is
      </button>
    </div>
  );
}

/** Why the model cannot be scored now; null where it can. */
function useBlocker(): string | null {
  const model = useStore(modelStore, ({ summary, loading }) => (loading === null ? summary : null));
  const noData = useStore(dataStore, ({ summary, loading }) => loading !== null || summary === null);
  const running = useStore(sessionStore, isRunActive);
  const starting = useStore(runStore, (state) => state.starting || state.choosing !== null);
  const answering = useStore(previewStore, (state) => state.answering !== null);
  if (!model) return 'Open a model first.';
  if (!model.hasTokenizer) return 'The model has no tokenizer, so it cannot read the data.';
  if (noData) return 'Open data first.';
  if (running || starting) return 'A run uses the device.';
  return answering ? 'The model is answering.' : null;
}
