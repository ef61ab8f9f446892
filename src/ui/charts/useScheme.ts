import { useSyncExternalStore } from 'react';
import { themeStore } from '../../state/theme.ts';

const dark = window.matchMedia('(prefers-color-scheme: dark)');

function subscribe(listener: () => void): () => void {
  dark.addEventListener('change', listener);
  const stop = themeStore.subscribe(listener);
  return () => {
    dark.removeEventListener('change', listener);
    stop();
  };
}

function scheme(): 'light' | 'dark' {
  const { theme } = themeStore.getState();
  if (theme !== 'system') return theme;
  return dark.matches ? 'dark' : 'light';
}

/** Which of the two is on the screen, for what CSS does not colour by itself. */
export const useScheme = (): 'light' | 'dark' => useSyncExternalStore(subscribe, scheme);
