import { useStore } from 'zustand';
import { runStore } from '../../state/run.ts';
import { isRunActive, sessionStore } from '../../state/session.ts';

/** A run goes on, or another seed of it is about to, or it is being kept: nothing that it depends on may change. */
export function useBusy(): boolean {
  const active = useStore(sessionStore, isRunActive);
  const working = useStore(runStore, (state) => state.working || state.queue !== null);
  return active || working;
}
