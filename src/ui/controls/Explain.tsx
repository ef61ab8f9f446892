import { useId } from 'react';
import type { ReactNode } from 'react';

/** An explanation that a newcomer opens and an expert never sees. The browser's own popover: Escape closes it. */
export function Explain({ about, children }: { about: string; children: ReactNode }) {
  const id = useId();
  return (
    <>
      <button type="button" className="explain" popoverTarget={id} aria-label={`About ${about}`}>
        ?
      </button>
      <div id={id} popover="auto" className="explanation">
        {children}
      </div>
    </>
  );
}
