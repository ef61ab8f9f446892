import { assert } from '../lib/assert.ts';

/** What every file system takes, and nothing that leads out of a folder. A dot in front is for the storage's own. */
const plainName = /^[0-9A-Za-z_-][0-9A-Za-z._-]{0,99}$/;

/** The names on a path, at least one. Others than plain ones are a mistake: what users name is kept inside files. */
export function segmentsOf(path: string): string[] {
  const segments = path.split('/');
  for (const segment of segments) assert(plainName.test(segment), `${path} is no path in a folder`);
  return segments;
}

/** The names of the folders on the way, and the last name. */
export function splitPath(path: string): { folders: string[]; name: string } {
  const segments = segmentsOf(path);
  return { folders: segments.slice(0, -1), name: segments.at(-1)! };
}
