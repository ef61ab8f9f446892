import { useStore } from 'zustand';
import { bytes, integer } from '../../session/format.ts';
import { chooseOnHub, forgetOffer, hubStore, openOffer } from '../../state/hub.ts';
import type { HubChoice, HubKind } from '../../workers/hub.protocol.ts';
import { SelectField } from '../controls/SelectField.tsx';

/** What a name stands for, with its files and sizes: nothing of it has been downloaded yet. */
export function HubOffer({ kind, disabled }: { kind: HubKind; disabled: boolean }) {
  const { offer, chosen } = useStore(hubStore, (state) => state[kind]);
  const choice = offer?.choices[chosen];
  if (!offer || !choice) return null;
  return (
    <div className="hub-offer" role="group" aria-label={`${offer.name} on the hub`}>
      <p>
        <strong>{offer.name}</strong>{' '}
        <span className="hub-commit" title={offer.commit}>
          {offer.revision} · {offer.commit.slice(0, 7)}
        </span>
      </p>
      {offer.notes.map((note) => (
        <p key={note} className="hint">
          {note}
        </p>
      ))}
      {offer.choices.length > 1 && (
        <SelectField
          label="File"
          value={String(chosen)}
          options={offer.choices.map((each, index) => [String(index), optionText(each)] as const)}
          disabled={disabled}
          onChange={(value) => {
            chooseOnHub(kind, Number(value));
            return null;
          }}
        />
      )}
      <Files choice={choice} />
      <div className="buttons">
        <button
          type="button"
          className="primary"
          disabled={disabled}
          title={disabled ? 'A model or data is in use just now' : undefined}
          onClick={() => void openOffer(kind)}
        >
          {actionText(choice)}
        </button>
        <button type="button" className="quiet small" onClick={() => forgetOffer(kind)}>
          Not now
        </button>
      </div>
    </div>
  );
}

const optionText = ({ selection, bytes: size, complete }: HubChoice): string =>
  `${selection.label} · ${complete ? 'downloaded' : bytes(size)}`;

function actionText({ complete, kept, bytes: size }: HubChoice): string {
  if (complete) return 'Open the download';
  return kept > 0 ? `Resume download (${bytes(size - kept)} left)` : `Download ${bytes(size)}`;
}

function Files({ choice: { selection, bytes: size } }: { choice: HubChoice }) {
  const { files } = selection;
  if (files.length === 1)
    return (
      <p className="hub-file">
        {files[0]?.as} · {bytes(size)}
      </p>
    );
  return (
    <details className="hub-files">
      <summary>
        {integer(files.length)} files, {bytes(size)}
      </summary>
      <ul>
        {files.map(({ as, size: each }) => (
          <li key={as}>
            <span title={as}>{as}</span> <span>{bytes(each)}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
