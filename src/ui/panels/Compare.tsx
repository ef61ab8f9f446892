import { Suspense, lazy } from 'react';
import { useStore } from 'zustand';
import { compareStore } from '../../state/compare.ts';

const ComparePanel = lazy(async () => ({ default: (await import('./ComparePanel.tsx')).ComparePanel }));

/** Sessions of the library side by side, once two or more have been picked there. */
export function Compare() {
  const isOpen = useStore(compareStore, ({ sessions }) => sessions.length > 0);
  return isOpen ? (
    <Suspense fallback={<div className="chart-waiting" />}>
      <ComparePanel />
    </Suspense>
  ) : null;
}
