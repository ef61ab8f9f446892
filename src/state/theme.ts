import { createStore } from 'zustand/vanilla';

export type Theme = 'system' | 'light' | 'dark';
const key = 'pare-theme';

/** `system` follows the operating system; storage may be denied, and then the choice lasts as long as the page. */
export const themeStore = createStore<{ theme: Theme }>(() => ({ theme: remembered() }));

function remembered(): Theme {
  try {
    const value = globalThis.localStorage?.getItem(key);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}

export function setTheme(theme: Theme): void {
  themeStore.setState({ theme });
  try {
    globalThis.localStorage?.setItem(key, theme);
  } catch {
    // Denied: nothing to remember it with.
  }
}
