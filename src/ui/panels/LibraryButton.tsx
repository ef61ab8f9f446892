import { useStore } from 'zustand';
import { libraryStore, showLibrary } from '../../state/library.ts';

export const libraryId = 'library';

/** Opens and closes the shelf of sessions. */
export function LibraryButton() {
  const shown = useStore(libraryStore, (state) => state.shown);
  return (
    <button
      type="button"
      id="library-button"
      className="quiet small"
      aria-expanded={shown}
      aria-controls={shown ? libraryId : undefined}
      title="The sessions that this browser keeps"
      onClick={() => showLibrary(!shown)}
    >
      Sessions
    </button>
  );
}
