/** The session file with a checkpoint: one module to write it, one to read it. */
export { writeSavedSession } from './saved-write.ts';
export { openSavedSession } from './saved-read.ts';
