import { useEffect } from 'react';

/**
 * Brings a panel into sight when it appears, since somebody has just asked for it: on a phone it is far below the button
 * that was pressed, and its beginning is what to read first.
 */
export function useIntoView(selector: string, shown: boolean): void {
  useEffect(() => {
    const isPhone = matchMedia('(max-width: 759px)').matches;
    if (shown) document.querySelector(selector)?.scrollIntoView({ block: isPhone ? 'start' : 'nearest' });
  }, [selector, shown]);
}
