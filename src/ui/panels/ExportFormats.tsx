import { useEffect, useId } from 'react';
import { useStore } from 'zustand';
import { chooseFormat, exportStore, refreshFormats, wantedOffer } from '../../state/exporting.ts';
import { sessionStore } from '../../state/session.ts';
import type { FormatOffer } from '../../workers/studio.protocol.ts';
import './export.css';

/** What the chosen model can be saved as, what reads it, and what to know before the download. */
export function ExportFormats({ disabled }: { disabled: boolean }) {
  const { offers } = useStore(exportStore);
  const genome = useStore(sessionStore, ({ view }) => view.chosen?.genome.join() ?? null);
  useEffect(() => {
    if (!disabled && genome !== null) void refreshFormats();
  }, [genome, disabled]);
  const wanted = useStore(exportStore, wantedOffer);
  if (offers.length === 0) return null;
  return (
    <>
      <fieldset className="formats" role="radiogroup" aria-label="Format" disabled={disabled}>
        <legend>Format</legend>
        {offers.map((offer) => (
          <Format key={offer.format} offer={offer} isChosen={offer === wanted} />
        ))}
      </fieldset>
      {wanted && (
        <ul className="format-notes hint" aria-label={`Before you save ${wanted.title}`}>
          {wanted.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </>
  );
}

function Format({ offer, isChosen }: { offer: FormatOffer; isChosen: boolean }) {
  const { format, title, readers, refused } = offer;
  const id = useId();
  return (
    <div className="format">
      <input
        id={id}
        type="radio"
        name="export-format"
        checked={isChosen}
        disabled={refused !== null}
        aria-describedby={`${id}-about`}
        onChange={() => chooseFormat(format)}
      />
      <label htmlFor={id}>{title}</label>
      <span id={`${id}-about`} className="hint">
        {refused ?? readers}
      </span>
    </div>
  );
}
