import { useEffect, useId, useState, type KeyboardEvent } from 'react';
import { useStore } from 'zustand';
import { integer } from '../../session/format.ts';
import { modelStore } from '../../state/model.ts';
import { keepPreviewing, tokenPreviewStore } from '../../state/tokenPreview.ts';
import type { DataSummary, TokenPreview as Example } from '../../workers/studio.protocol.ts';
import './tokens.css';

/** The first examples: as text, and with a model open as the tokens that it will see. */
export function TokenPreview({ preview }: { preview: DataSummary['preview'] }) {
  const [open, setOpen] = useState(false);
  const [first] = preview;
  if (!first) return null;
  return (
    <details className="preview" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span className="preview-line">{open ? 'The first examples' : first.prompt || first.answer}</span>
      </summary>
      {open && <Examples preview={preview} />}
    </details>
  );
}

function Examples({ preview }: { preview: DataSummary['preview'] }) {
  const readable = useStore(modelStore, ({ summary }) => summary?.hasTokenizer ?? false);
  const { examples, problem } = useStore(tokenPreviewStore);
  useEffect(keepPreviewing, []);
  if (readable && problem)
    return (
      <p className="hint" role="status">
        {problem.message} {problem.remedy}
      </p>
    );
  if (readable && examples.length > 0)
    return (
      <ol aria-label="Examples as tokens">
        {examples.map((example, index) => (
          <li key={index}>
            <Tokens example={example} number={index + 1} />
          </li>
        ))}
      </ol>
    );
  return (
    <ol>
      {preview.slice(0, 3).map((example, index) => (
        <li key={index}>
          {example.prompt} <strong>{example.answer}</strong>
        </li>
      ))}
    </ol>
  );
}

const keySteps: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1, End: 1e9, Home: -1e9 };

/** One stop for the Tab key; within it, arrow keys go from token to token, as the pointer does. */
function Tokens({ example, number }: { example: Example; number: number }) {
  const [active, setActive] = useState<number | null>(null);
  const id = useId();
  const { tokens, length, answerStart } = example;
  const move = (event: KeyboardEvent) => {
    const step = keySteps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    setActive(Math.max(0, Math.min(tokens.length - 1, (active ?? (step > 0 ? -1 : tokens.length)) + step)));
  };
  const token = active === null ? undefined : tokens[active];
  return (
    <>
      <div
        className="tokens"
        role="listbox"
        aria-label={`Tokens of example ${number}`}
        aria-activedescendant={active === null ? undefined : `${id}-${active}`}
        tabIndex={0}
        onKeyDown={move}
      >
        {tokens.map((each, index) => (
          <span
            key={index}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            className={classOf(each.special, index >= answerStart, index === active)}
            title={String(each.id)}
            onPointerEnter={() => setActive(index)}
          >
            {shown(each.text)}
          </span>
        ))}
        {length > tokens.length && '…'}
      </div>
      <p className="token-facts">
        {sizeText(example)}
        {token && active !== null && (
          <span role="status">
            {' '}
            Token {integer(active + 1)}: id {token.id}, “{shown(token.text)}”
            {token.special ? ', special' : ''}, {active >= answerStart ? 'answer' : 'prompt'}
            {active >= example.lossStart ? ', trained on' : ''}.
          </span>
        )}
      </p>
      {example.options.length > 0 && (
        <ul className="token-options" aria-label={`Options of example ${number}`}>
          {example.options.map(({ text, right }, index) => (
            <li key={index}>{right ? <strong>{text} ✓</strong> : text}</li>
          ))}
        </ul>
      )}
    </>
  );
}

const classOf = (special: boolean, answer: boolean, active: boolean): string =>
  ['token', special && 'is-special', answer && 'in-answer', active && 'is-active'].filter(Boolean).join(' ');

/** Line breaks are seen as well as made. */
const shown = (text: string): string => text.replaceAll('\n', '↵\n');

function sizeText({ length, answerStart, lossStart, fate }: Example): string {
  const all = `${integer(length)} tokens`;
  if (fate === 'cut') return `${all}, cut to the recipe’s longest.`;
  const parts = `${all}: ${integer(answerStart)} prompt, ${integer(length - answerStart)} answer`;
  const loss = lossStart < answerStart ? '; trained on both' : '';
  return fate === 'left-out' ? `${parts}. Longer than the recipe allows, so left out.` : `${parts}${loss}.`;
}
