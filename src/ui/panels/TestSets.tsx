import { useStore } from 'zustand';
import { integer } from '../../session/format.ts';
import { addTestSets, removeTestSet, testSetStore } from '../../state/testSets.ts';
import { Explain } from '../controls/Explain.tsx';
import { FilePicker } from '../drop/FilePicker.tsx';
import { dataFormats } from './dataFormats.ts';

/** Further files that the results are measured on, each in a column of its own. */
export function TestSets({ disabled }: { disabled: boolean }) {
  const { loading, sets } = useStore(testSetStore);
  const locked = disabled || loading !== null;
  return (
    <div className="test-sets">
      {sets.length > 0 && (
        <ul aria-label="Test sets">
          {sets.map(({ sha256, name, examples }) => (
            <li key={sha256}>
              <span className="test-set-name" title={name}>
                {name}
              </span>
              <span className="soft">{integer(examples)}</span>
              <button
                type="button"
                className="icon"
                aria-label={`Remove test set ${name}`}
                title="Remove"
                disabled={locked}
                onClick={() => void removeTestSet(sha256)}
              >
                ✕
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className="buttons">
        <FilePicker label="Add a test set" accept={dataFormats} disabled={locked} onFiles={addTestSets} />
        <Explain about="test sets">
          <p>
            A file that runs are only tested on, beside the open data’s own test split: its score has a column
            of its own in the results, and the mean over all of them is the papers’ average score. As many
            examples are taken as the recipe’s test split has; those that are also trained or searched with
            are left out.
          </p>
        </Explain>
        {loading !== null && (
          <span className="loading" role="status">
            Reading {loading}…
          </span>
        )}
      </div>
    </div>
  );
}
