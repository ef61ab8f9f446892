import { Suspense, lazy } from 'react';
import { useStore } from 'zustand';
import { libraryStore } from '../../state/library.ts';

const LibraryShelf = lazy(() => import('./LibraryShelf.tsx'));

/** The sessions of this browser, loaded when they are first asked for. */
export function Library() {
  const shown = useStore(libraryStore, (state) => state.shown);
  return shown ? (
    <Suspense fallback={null}>
      <LibraryShelf />
    </Suspense>
  ) : null;
}
