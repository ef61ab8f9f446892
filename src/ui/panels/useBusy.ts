import { useStore } from 'zustand';
import { runStore } from '../../state/run.ts';
import { isRunActive, sessionStore } from '../../state/session.ts';

/** A run goes on, or another seed of it is about to: nothing that it depends on may change. */
export function useBusy(): boolean {
  const active = useStore(sessionStore, isRunActive);
  const queued = useStore(runStore, (state) => state.queue !== null);
  return active || queued;
}
