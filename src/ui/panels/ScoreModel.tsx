import { useStore } from 'zustand';
import { integer, percent } from '../../session/format.ts';
import { dataStore } from '../../state/data.ts';
import { deviceUseText } from '../../state/deviceUse.ts';
import { modelStore } from '../../state/model.ts';
import { scoreModel, stopScoring } from '../../state/score.ts';
import { scoreStore } from '../../state/scoreStore.ts';
import { ProgressBar } from '../controls/ProgressBar.tsx';
import { scoredText } from './statusText.ts';
import { useDeviceUse } from './useDeviceUse.ts';

/** What the open model makes of the open data before anything is done to it. */
export function ScoreModel() {
  const { progress, stopping, result } = useStore(scoreStore);
  const blocker = useBlocker();
  const share = progress && progress.total > 0 ? percent(progress.done / progress.total, 0) : null;
  const [score, of] = result ? scoredText(result) : ['', ''];
  return (
    <div className="scoring">
      {progress && <ProgressBar label="Scoring" {...progress} text={share ?? 'Starting'} />}
      {!progress && result && (
        <p
          className="scored"
          role="status"
          title={`${integer(result.tokens)} tokens in ${result.seconds.toFixed(1)} s`}
        >
          <strong>{score}</strong> · {of}
        </p>
      )}
      <div className="scoring-row">
        {/* One button for both, so that whoever pressed it with a key still has it. */}
        <button
          type="button"
          className="quiet small"
          disabled={progress === null && blocker !== null}
          aria-disabled={stopping}
          title={progress === null ? (blocker ?? undefined) : undefined}
          onClick={() => void (progress === null ? scoreModel() : stopScoring())}
        >
          {progress === null ? 'Score the model as it is' : 'Stop scoring'}
        </button>
        {progress && <span className="hint">{share ?? 'Starting…'}</span>}
      </div>
    </div>
  );
}

/** Why the model cannot be scored now; null where it can. */
function useBlocker(): string | null {
  const model = useStore(modelStore, ({ summary, loading }) => (loading === null ? summary : null));
  const noData = useStore(dataStore, ({ summary, loading }) => loading !== null || summary === null);
  const use = useDeviceUse();
  if (!model) return 'Open a model first.';
  if (!model.hasTokenizer) return 'The model has no tokenizer, so it cannot read the data.';
  if (noData) return 'Open data first.';
  return use === null || use === 'score' ? null : deviceUseText[use];
}
