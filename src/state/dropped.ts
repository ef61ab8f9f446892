import { createStore } from 'zustand/vanilla';

/** The session file that is shown, for as long as it is: the library gets it when the user wants it there. */
export const droppedStore = createStore<{
  file: Blob | null;
  /** Whether it holds more than its log. */
  resumable: boolean;
}>(() => ({ file: null, resumable: false }));
