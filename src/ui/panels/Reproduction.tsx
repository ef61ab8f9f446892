import { Suspense, lazy } from 'react';
import { useStore } from 'zustand';
import { reproductionStore } from '../../state/reproduce.ts';

const ReproductionPanel = lazy(() => import('./ReproductionPanel.tsx'));

/** What became of reproducing or verifying a session, once somebody asks for it. */
export function Reproduction() {
  const asked = useStore(reproductionStore, (state) => state.of !== null);
  return asked ? (
    <Suspense fallback={null}>
      <ReproductionPanel />
    </Suspense>
  ) : null;
}
