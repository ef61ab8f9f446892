import { useStore } from 'zustand';
import { templates } from '../../datasets/template.ts';
import { bytes, integer } from '../../session/format.ts';
import { dataStore, openData, pickColumns } from '../../state/data.ts';
import { estimateStore, isCounting } from '../../state/estimate.ts';
import { changeRecipe, recipeStore } from '../../state/recipe.ts';
import { scoreStore } from '../../state/scoreStore.ts';
import { isRunActive, sessionStore } from '../../state/session.ts';
import type { DataSummary } from '../../workers/studio.protocol.ts';
import { Facts } from '../controls/Facts.tsx';
import { Panel } from '../controls/Panel.tsx';
import { SelectField } from '../controls/SelectField.tsx';
import { FilePicker } from '../drop/FilePicker.tsx';
import { dataFormats } from './dataFormats.ts';
import { Hub } from './Hub.tsx';
import { ScoreModel } from './ScoreModel.tsx';
import { countingText, templateTitles } from './statusText.ts';
import { TestSets } from './TestSets.tsx';
import { TokenPreview } from './TokenPreview.tsx';
import { useBusy } from './useBusy.ts';
import './sources.css';

export function DataPanel() {
  const { loading, summary } = useStore(dataStore);
  const scoring = useStore(scoreStore, (state) => state.progress !== null);
  const busy = useBusy() || loading !== null || scoring;
  const kind = summary && (
    <span className="chip">{summary.kind === 'pairs' ? 'prompt + answer' : 'plain text'}</span>
  );
  return (
    <Panel title="Data" step={2} className="source" aside={kind}>
      {loading !== null && (
        <p className="loading" role="status">
          Reading {loading}…
        </p>
      )}
      {summary ? (
        <Opened summary={summary} disabled={busy} />
      ) : (
        loading === null && (
          <p className="hint">Drop JSONL, JSON, CSV or Parquet with prompts and answers, or plain text.</p>
        )
      )}
      <div className="buttons">
        <button
          type="button"
          className={summary ? 'quiet small' : 'primary'}
          disabled={busy}
          onClick={() => void openData('demo')}
        >
          Use the demo data
        </button>
        <FilePicker label="File" accept={dataFormats} disabled={busy} />
      </div>
      <Hub kind="dataset" disabled={busy} />
    </Panel>
  );
}

function Opened({ summary, disabled }: { summary: DataSummary; disabled: boolean }) {
  return (
    <>
      <p className="source-name" title={summary.name}>
        {summary.name}
      </p>
      <Facts
        facts={[
          [summary.kind === 'pairs' ? 'Examples' : 'Documents', integer(summary.examples)],
          ['On disk', bytes(summary.bytes)],
          ...(summary.dataset ? [['Read as', summary.dataset] as const] : []),
        ]}
      />
      <Split />
      {summary.columns.length > 2 && <Columns summary={summary} disabled={disabled} />}
      {summary.kind === 'pairs' && <Template />}
      <TokenPreview preview={summary.preview} />
      <ScoreModel />
      <TestSets disabled={disabled} />
    </>
  );
}

/** Of the run that goes on; else of the next one, once that has been estimated. The Run panel speaks the waiting. */
function Split() {
  const estimated = useStore(estimateStore, (state) => state.estimate?.split ?? null);
  const counting = useStore(estimateStore, isCounting);
  const run = useStore(sessionStore, ({ view }) => (isRunActive() ? view.data : null));
  const split = run ?? estimated;
  if (!split) return counting ? <p className="loading">{countingText}</p> : null;
  const parts = [
    ['train', split.train],
    ['validation', split.validation],
    ['test', split.test],
  ] as const;
  return (
    <div className="split">
      <div className="split-bar" aria-hidden="true">
        {parts.map(([name, count]) => (
          <span key={name} className={name} style={{ flexGrow: count }} />
        ))}
      </div>
      <ul>
        {parts.map(([name, count]) => (
          <li key={name} className={name}>
            {integer(count)} {name}
          </li>
        ))}
        {split.tooLong > 0 && (
          <li className="left-out" title="Longer than the recipe allows">
            {integer(split.tooLong)} too long
          </li>
        )}
      </ul>
    </div>
  );
}

/** A setting of the recipe; it stands here because the examples below show what it does. */
function Template() {
  const { recipe } = useStore(recipeStore);
  return (
    <SelectField
      label="Prompt template"
      value={recipe.template}
      options={templates.map((template) => [template, templateTitles[template]] as const)}
      onChange={(template) => changeRecipe({ ...recipe, template }, 'template')}
    />
  );
}

/** What is wrong with a pair of columns is an alert of its own, once they have been read. */
function pick(prompt: string, answer: string): null {
  void pickColumns(prompt, answer);
  return null;
}

function Columns({ summary, disabled }: { summary: DataSummary; disabled: boolean }) {
  const options = summary.columns.map((column) => [column, column] as const);
  const [prompt, answer] = [summary.prompt ?? '', summary.answer ?? ''];
  return (
    <div className="fields">
      <SelectField
        label="Prompt column"
        value={prompt}
        options={options}
        disabled={disabled}
        onChange={(value) => pick(value, answer)}
      />
      <SelectField
        label="Answer column"
        value={answer}
        options={options}
        disabled={disabled}
        onChange={(value) => pick(prompt, value)}
      />
    </div>
  );
}
