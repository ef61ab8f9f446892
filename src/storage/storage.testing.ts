/** What storage tests are made of, in Node and in the browser. */
import { bytesSource, type FileSource } from '../formats/source.ts';
import type { SessionAbout } from './about.ts';
import type { Folder } from './folder.ts';
import type { SessionLibrary } from './library.ts';
import { createLibrary } from './session-library.ts';

export const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

export async function textOf(source: FileSource | null): Promise<string | null> {
  return source && new TextDecoder().decode(await source.read(0, source.size));
}

export const textAt = async (folder: Folder, path: string): Promise<string | null> =>
  textOf(await folder.read(path));

export const fileOf = (path: string, text: string): FileSource => bytesSource(path, bytesOf(text));

/** The chunks one after the other; then the end, or the error. */
export function streamOfChunks(chunks: readonly string[], error?: Error): ReadableStream<Uint8Array> {
  const left = [...chunks];
  return new ReadableStream(
    {
      pull(controller) {
        const chunk = left.shift();
        if (chunk !== undefined) controller.enqueue(bytesOf(chunk));
        else if (error) controller.error(error);
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

/** A new folder, and a library in it. */
export async function opened(
  open: () => Promise<Folder>,
): Promise<{ folder: Folder; library: SessionLibrary }> {
  const folder = await open();
  return { folder, library: createLibrary({ folder }) };
}

/** A SHA-256 as the library sees it: 64 hexadecimal digits. */
export const hash = (digit: string): string => digit.repeat(64);

export function aboutFor(id: string, changes: Partial<SessionAbout> = {}): SessionAbout {
  return {
    id,
    name: '',
    key: `2026-11-22T10:00:00.000Z 7 ${id}`,
    created: '2026-11-22T10:00:00.000Z',
    updated: '2026-11-22T10:00:00.000Z',
    status: 'running',
    method: 'lonas',
    seed: 7,
    metric: 'accuracy',
    model: { name: 'demo', sha256: hash('a') },
    data: { name: 'problems.jsonl', sha256: hash('d') },
    tests: [],
    evaluations: 3,
    best: 0.5,
    bytes: 0,
    state: 'run',
    ...changes,
  };
}

/** All that a user could see of a library, but for the times of the last changes. */
export async function contents(library: SessionLibrary): Promise<Record<string, unknown>> {
  const seen: Record<string, unknown> = {};
  for (const { updated: _, ...about } of await library.list()) {
    seen[about.id] = { ...about, text: await textOf(await library.file(about.id)) };
  }
  for (const kind of ['models', 'data'] as const) {
    for (const digit of ['a', 'b', 'd', 'e']) {
      const files = await library.kept(kind, hash(digit));
      if (files) seen[`${kind} ${digit}`] = await filesAndTexts(files);
    }
  }
  return seen;
}

export const filesAndTexts = (files: readonly FileSource[]): Promise<(string | null)[][]> =>
  Promise.all(files.map(async (file) => [file.path, file.name, await textOf(file)]));

/** Every file below the library's folders. */
export async function everyPath(folder: Folder): Promise<string[]> {
  const paths: string[] = [];
  for (const place of ['sessions', 'models', 'data']) {
    for (const entry of await folder.list(place)) {
      for (const name of await folder.list(`${place}/${entry}`)) paths.push(`${place}/${entry}/${name}`);
    }
  }
  return paths;
}
