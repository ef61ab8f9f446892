import { useState } from 'react';
import { useStore } from 'zustand';
import { dataStore } from '../../state/data.ts';
import { deviceUseText } from '../../state/deviceUse.ts';
import { modelStore } from '../../state/model.ts';
import { askBoth, isAnswered, previewStore, stopAnswering } from '../../state/preview.ts';
import type { Answer } from '../../state/preview.ts';
import { isFinishedHere, sessionStore } from '../../state/session.ts';
import { Panel } from '../controls/Panel.tsx';
import { useDeviceUse } from './useDeviceUse.ts';
import './try.css';

const maxTokens = 64;

/** One prompt, two answers: what was lost, or won. */
export function TryPanel() {
  const ready = useStore(sessionStore, (state) => isFinishedHere(state) && state.view.chosen !== null);
  const use = useDeviceUse();
  const hasTokenizer = useStore(modelStore, (state) => state.summary?.hasTokenizer ?? true);
  const example = useStore(dataStore, (state) => state.summary?.preview[0] ?? null);
  const answering = useStore(previewStore, (state) => state.answering);
  const [typed, setTyped] = useState<string | null>(null);
  const prompt = typed ?? example?.prompt ?? '';
  const enabled = ready && hasTokenizer;
  const blocked = !enabled || use !== null || prompt.trim() === '';
  const ask = () => void askBoth(prompt, maxTokens);
  return (
    <Panel title="Try it" className="try">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          ask();
        }}
      >
        <textarea
          aria-label="Prompt"
          rows={3}
          value={prompt}
          disabled={!enabled}
          placeholder={enabled ? 'Ask both models…' : ''}
          onChange={(event) => setTyped(event.target.value)}
          title="Ctrl+Enter asks"
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || blocked) return;
            event.preventDefault();
            ask();
          }}
        />
        {answering === null ? (
          <button type="submit" disabled={blocked} title={enabled && use ? deviceUseText[use] : undefined}>
            Answer
          </button>
        ) : (
          <button type="button" onClick={() => void stopAnswering()}>
            Stop answering
          </button>
        )}
      </form>
      {enabled ? (
        <Answers prompt={prompt} expected={example?.prompt === prompt ? example.answer : ''} />
      ) : (
        <p className="hint">{whyNot(hasTokenizer)}</p>
      )}
    </Panel>
  );
}

const whyNot = (hasTokenizer: boolean): string =>
  hasTokenizer
    ? 'The original’s and the chosen model’s answers, side by side: once a run made on this page is over, or a finished session was continued.'
    : 'The model came without a tokenizer.json, so it cannot read or write text.';

interface AnswersProps {
  /** As it stands in the field; perhaps not the one that was asked. */
  prompt: string;
  /** What the data says; empty: nothing. */
  expected: string;
}

/** The answers of the models on the page, and to what. */
function Answers({ prompt, expected }: AnswersProps) {
  const preview = useStore(previewStore);
  const answered = useStore(sessionStore, ({ view }) => isAnswered(preview, view));
  const { asked, answering, original, chosen } = preview;
  return (
    <div className="answers">
      {answered && asked?.prompt !== prompt && (
        <p className="hint answer-to">
          Answers to: <q>{asked?.prompt}</q>
        </p>
      )}
      <AnswerBox
        title="Original"
        answer={answered ? original : null}
        busy={answered && answering === 'original'}
      />
      <AnswerBox title="Chosen" answer={answered ? chosen : null} busy={answered && answering === 'chosen'} />
      {expected !== '' && (
        <p className="hint expected">
          The data says: <strong>{expected}</strong>
        </p>
      )}
    </div>
  );
}

function AnswerBox({ title, answer, busy }: { title: string; answer: Answer | null; busy: boolean }) {
  return (
    <section className={`answer ${title.toLowerCase()}`} aria-label={title} aria-busy={busy}>
      <h3>
        {title}
        {typeof answer?.tokensPerSecond === 'number' && (
          <span>{answer.tokensPerSecond.toFixed(0)} tok/s</span>
        )}
      </h3>
      <p>
        {answer?.text}
        {busy && <span className="caret" aria-hidden="true" />}
      </p>
    </section>
  );
}
