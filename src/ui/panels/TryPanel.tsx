import { useState } from 'react';
import { useStore } from 'zustand';
import { dataStore } from '../../state/data.ts';
import { modelStore } from '../../state/model.ts';
import { askBoth, previewStore, stopAnswering } from '../../state/preview.ts';
import type { Answer } from '../../state/preview.ts';
import { runStore } from '../../state/run.ts';
import { scoreStore } from '../../state/scoreStore.ts';
import { isFinishedHere, sessionStore } from '../../state/session.ts';
import { Panel } from '../controls/Panel.tsx';
import './try.css';

const maxTokens = 64;

/** One prompt, two answers: what was lost, or won. */
export function TryPanel() {
  const ready = useStore(sessionStore, (state) => isFinishedHere(state) && state.view.chosen !== null);
  const scoring = useStore(scoreStore, (state) => state.progress !== null);
  const working = useStore(runStore, (state) => state.working);
  const hasTokenizer = useStore(modelStore, (state) => state.summary?.hasTokenizer ?? true);
  const example = useStore(dataStore, (state) => state.summary?.preview[0] ?? null);
  const { answering, original, chosen } = useStore(previewStore);
  const [typed, setTyped] = useState<string | null>(null);
  const prompt = typed ?? example?.prompt ?? '';
  const enabled = ready && hasTokenizer;
  return (
    <Panel title="Try it" className="try">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void askBoth(prompt, maxTokens);
        }}
      >
        <textarea
          aria-label="Prompt"
          rows={3}
          value={prompt}
          disabled={!enabled}
          placeholder={enabled ? 'Ask both models…' : ''}
          onChange={(event) => setTyped(event.target.value)}
        />
        {answering === null ? (
          <button type="submit" disabled={!enabled || scoring || working || prompt.trim() === ''}>
            Answer
          </button>
        ) : (
          <button type="button" onClick={() => void stopAnswering()}>
            Stop answering
          </button>
        )}
      </form>
      {enabled ? (
        <div className="answers">
          <AnswerBox title="Original" answer={original} busy={answering === 'original'} />
          <AnswerBox title="Chosen" answer={chosen} busy={answering === 'chosen'} />
          {example && example.prompt === prompt && example.answer !== '' && (
            <p className="hint expected">
              The data says: <strong>{example.answer}</strong>
            </p>
          )}
        </div>
      ) : (
        <p className="hint">{whyNot(hasTokenizer)}</p>
      )}
    </Panel>
  );
}

const whyNot = (hasTokenizer: boolean): string =>
  hasTokenizer
    ? 'Once a run is over: the original’s and the chosen model’s answers, side by side.'
    : 'The model came without a tokenizer.json, so it cannot read or write text.';

function AnswerBox({ title, answer, busy }: { title: string; answer: Answer; busy: boolean }) {
  return (
    <section className={`answer ${title.toLowerCase()}`} aria-label={title} aria-busy={busy}>
      <h3>
        {title}
        {answer.tokensPerSecond !== null && <span>{answer.tokensPerSecond.toFixed(0)} tok/s</span>}
      </h3>
      <p>
        {answer.text}
        {busy && <span className="caret" aria-hidden="true" />}
      </p>
    </section>
  );
}
