import { describe } from 'vitest';
import type { Folder } from './folder.ts';
import { itKeepsFiles } from './library-files.testing.ts';
import { itOverlaps } from './library-overlaps.testing.ts';
import { itKeepsSessions } from './library-sessions.testing.ts';

/** What the library promises over any folder. `open` gives an empty one. */
export function describeLibrary(name: string, open: () => Promise<Folder>): void {
  describe(`a library in ${name}`, () => {
    itKeepsSessions(open);
    itKeepsFiles(open);
    itOverlaps(open);
  });
}
