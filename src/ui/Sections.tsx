import type { MouseEvent } from 'react';

/** Where on the page: the name, and the first element of it. */
const sections = [
  ['Inputs', '.column.inputs'],
  ['Run', '.panel.run'],
  ['Front', '.panel.front'],
  ['Results', '.panel.results'],
  ['Export', '.column.outputs'],
] as const;

/** On a phone the page is a long one; this is the way about it, always at hand. Larger screens show all at once. */
export function Sections() {
  return (
    <nav className="sections" aria-label="Sections">
      {sections.map(([name, place]) => (
        <a key={name} href={location.hash || '#'} onClick={(event) => go(event, place)}>
          {name}
        </a>
      ))}
    </nav>
  );
}

/** Not by the address: that is the session's. */
function go(event: MouseEvent, place: string): void {
  event.preventDefault();
  document.querySelector(place)?.scrollIntoView({ block: 'start' });
}
