import { blobSource } from '../formats/source.ts';
import { chunksOf } from './content.ts';
import type { Folder } from './folder.ts';
import { segmentsOf } from './path.ts';

const inside = (path: string): string => `${segmentsOf(path).join('/')}/`;

/** Where nothing may be stored: all of it is gone with the page. */
export function memoryFolder(): Folder {
  const files = new Map<string, Blob>();
  return {
    read(path) {
      segmentsOf(path);
      const blob = files.get(path);
      return Promise.resolve(blob ? blobSource(path, blob) : null);
    },
    async write(path, content) {
      segmentsOf(path);
      const parts: Blob[] = [];
      // Copies: whoever filled a chunk may fill it again.
      for await (const chunk of chunksOf(content)) parts.push(new Blob([chunk]));
      files.set(path, new Blob(parts));
    },
    remove(path) {
      const folder = inside(path);
      for (const name of files.keys()) if (name === path || name.startsWith(folder)) files.delete(name);
      return Promise.resolve();
    },
    list(path) {
      const folder = inside(path);
      const names = [...files.keys()]
        .filter((name) => name.startsWith(folder))
        .map((name) => name.slice(folder.length).split('/', 1)[0]!);
      return Promise.resolve([...new Set(names)].sort());
    },
  };
}
