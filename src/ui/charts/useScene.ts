import { useMemo } from 'react';
import type { SessionView } from '../../session/view.ts';
import { sceneAt } from '../../session/plot/growth.ts';
import type { Scene } from '../../session/plot/growth.ts';

/** What is shown of the search: as it stood after a generation, or (null) as it stands. */
export function useScene({ points, front, groups }: SessionView, generation: number | null): Scene {
  return useMemo(
    () => (generation === null ? { points, front } : sceneAt({ points, front, groups }, generation)),
    [points, front, groups, generation],
  );
}
