import { useId, useState } from 'react';
import type { FormEvent } from 'react';
import { useStore } from 'zustand';
import { cancelHub, hubStore, isHubBusy, lookUpOnHub, refreshDownloads } from '../../state/hub.ts';
import type { HubKind } from '../../workers/hub.protocol.ts';
import { HubComing } from './HubComing.tsx';
import { HubDownloads } from './HubDownloads.tsx';
import { HubOffer } from './HubOffer.tsx';
import { HubToken } from './HubToken.tsx';
import './hub.css';

interface Props {
  kind: HubKind;
  disabled: boolean;
}

/** A model or a data set by its name on the hub: looked up, shown with its sizes, downloaded, opened; and what is here already. */
export function Hub({ kind, disabled }: Props) {
  const { offer, coming } = useStore(hubStore, (state) => state[kind]);
  return (
    <details className="hub" onToggle={(event) => event.currentTarget.open && void refreshDownloads()}>
      <summary>From the Hugging Face hub</summary>
      <div className="hub-body">
        <LookUp kind={kind} disabled={disabled} />
        {coming && <HubComing coming={coming} />}
        {offer && !coming && <HubOffer kind={kind} disabled={disabled} />}
        <HubDownloads kind={kind} disabled={disabled} />
        <HubToken kind={kind} />
      </div>
    </details>
  );
}

const examples: Record<HubKind, string> = {
  model: 'HuggingFaceTB/SmolLM2-135M',
  dataset: 'openai/gsm8k',
};

function LookUp({ kind, disabled }: Props) {
  const id = useId();
  const [text, setText] = useState('');
  const state = useStore(hubStore, (all) => all[kind]);
  const busy = disabled || isHubBusy(state);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() !== '' && !busy) void lookUpOnHub(text, kind);
  };
  return (
    <>
      <form className="hub-name" onSubmit={submit}>
        <label htmlFor={id}>{kind === 'model' ? 'Model on the hub' : 'Data set on the hub'}</label>
        <input
          id={id}
          value={text}
          placeholder={examples[kind]}
          title="owner/name, owner/name@revision, or the address of its page"
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className="quiet small" disabled={busy || text.trim() === ''}>
          Look up
        </button>
      </form>
      {state.looking !== null && (
        <div className="hub-row">
          <p className="loading" role="status">
            Looking up {state.looking}…
          </p>
          <button type="button" className="quiet small" onClick={() => void cancelHub(kind)}>
            Cancel look-up
          </button>
        </div>
      )}
      {!state.offer && !state.coming && state.looking === null && (
        <p className="hint">
          Asks huggingface.co for that name, and for nothing else. Sizes are shown before anything is
          downloaded.
        </p>
      )}
    </>
  );
}
