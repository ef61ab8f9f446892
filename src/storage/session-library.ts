import type { FileSource } from '../formats/source.ts';
import { PareError } from '../lib/assert.ts';
import { type SessionAbout, sessionAboutSchema } from './about.ts';
import { streamOf } from './content.ts';
import {
  entryPath,
  filePath,
  isSessionId,
  nextFile,
  readRecord,
  readSession,
  recordText,
  removeRecord,
  writeRecord,
} from './entries.ts';
import { type Exclusive, exclusiveHere } from './exclusive.ts';
import type { FileContent, Folder } from './folder.ts';
import { copyFiles, isSha256, keptPath, readKept } from './kept-files.ts';
import type { KeptKind, LibraryOptions, SessionLibrary } from './library.ts';

export function createLibrary(options: LibraryOptions): SessionLibrary {
  return new FolderLibrary(options);
}

/** A copy may take this much of the room that is left: the rest is for sessions, and for whatever else the user keeps. */
const shareOfRoom = 0.5;
const kinds = ['models', 'data'] as const;

/**
 * Two locks a session: `saving` is held while its files change (a save may stream for seconds), `record` for the moment
 * in which its record is read and written. Readers take none: they look again where a file has just been replaced.
 */
class FolderLibrary implements SessionLibrary {
  readonly notice: string | null;
  readonly #folder: Folder;
  readonly #room: () => Promise<number | null>;
  readonly #exclusive: Exclusive;
  /** Session files that were given out here, by path, as long as somebody can still read on. */
  readonly #givenOut = new Map<string, WeakRef<FileSource>>();

  constructor({ folder, room, exclusive, notice }: LibraryOptions) {
    this.notice = notice ?? null;
    this.#folder = folder;
    this.#room = room ?? (() => Promise.resolve(null));
    this.#exclusive = exclusive ?? exclusiveHere();
  }

  async list(): Promise<SessionAbout[]> {
    const ids = await this.#folder.list('sessions');
    const found = await Promise.all(ids.map((id) => this.about(id)));
    return found
      .filter((about) => about !== null)
      .sort((a, b) => order(b.updated, a.updated) || order(a.id, b.id));
  }

  async about(id: string): Promise<SessionAbout | null> {
    return (await readRecord(this.#folder, id))?.about ?? null;
  }

  async file(id: string): Promise<FileSource | null> {
    const found = await readSession(this.#folder, id);
    if (!found) return null;
    const path = filePath(id, found.file);
    const source = this.#givenOut.get(path)?.deref() ?? found.source;
    this.#givenOut.set(path, new WeakRef(source));
    return source;
  }

  async save(about: SessionAbout, content: FileContent): Promise<void> {
    const { id } = sessionAboutSchema.parse(about);
    await this.#exclusive(`saving/${id}`, async () => {
      const file = await nextFile(this.#folder, id);
      try {
        await this.#folder.write(filePath(id, file), content);
        await this.#commit(about, file);
      } catch (cause) {
        await this.#discard(id, file).catch(() => undefined);
        throw cause;
      }
      // What cannot be removed now goes with the next save, or with the entry.
      await this.#tidy(id, file).catch(() => undefined);
    });
  }

  async rename(id: string, name: string): Promise<void> {
    checkName(name);
    if (!isSessionId(id)) throw missing();
    await this.#exclusive(`record/${id}`, async () => {
      const record = await readRecord(this.#folder, id);
      if (!record) throw missing();
      await writeRecord(this.#folder, { ...record.about, name }, record.file);
    });
  }

  async duplicate(id: string, name: string): Promise<SessionAbout> {
    checkName(name);
    if (!isSessionId(id)) throw missing();
    return this.#exclusive(`saving/${id}`, async () => {
      const about = await this.about(id);
      const found = await readSession(this.#folder, id);
      if (!about || !found) throw missing();
      const copy = { ...about, id: crypto.randomUUID(), name };
      await this.save(copy, streamOf(found.source));
      return (await this.about(copy.id)) ?? copy;
    });
  }

  async remove(id: string): Promise<void> {
    if (!isSessionId(id)) return;
    await this.#removeEntry(id);
    await this.#sweep();
  }

  async keep(kind: KeptKind, sha256: string, files: readonly FileSource[]): Promise<boolean> {
    const path = keptPath(kind, sha256);
    return this.#exclusive(path, async () => {
      if (await readKept(this.#folder, path)) return true;
      await this.#folder.remove(path);
      if (!(await this.#hasRoom(files))) return false;
      try {
        await copyFiles(this.#folder, path, files);
        return true;
      } catch (error) {
        if (error instanceof PareError && error.code === 'storage-full') return false;
        throw error;
      }
    });
  }

  async kept(kind: KeptKind, sha256: string): Promise<FileSource[] | null> {
    return isSha256(sha256) ? readKept(this.#folder, keptPath(kind, sha256)) : null;
  }

  async bytes(): Promise<number> {
    let total = 0;
    for (const place of ['sessions', ...kinds]) {
      for (const entry of await this.#folder.list(place)) {
        for (const name of await this.#folder.list(`${place}/${entry}`)) {
          total += (await this.#folder.read(`${place}/${entry}/${name}`))?.size ?? 0;
        }
      }
    }
    return total;
  }

  async clear(): Promise<void> {
    for (const id of await this.#folder.list('sessions')) if (isSessionId(id)) await this.#removeEntry(id);
    for (const place of ['sessions', ...kinds]) await this.#folder.remove(place);
  }

  /** Makes a session file the one that counts. */
  async #commit(about: SessionAbout, file: string): Promise<void> {
    const bytes = (await this.#folder.read(filePath(about.id, file)))?.size ?? 0;
    await this.#exclusive(`record/${about.id}`, async () => {
      const given = (await this.about(about.id))?.name;
      const updated = new Date().toISOString();
      await writeRecord(this.#folder, { ...about, name: given || about.name, bytes, updated }, file);
    });
  }

  /** Removes the session files that do not count, but for those that are still read here. */
  async #tidy(id: string, current: string): Promise<void> {
    for (const name of await this.#folder.list(entryPath(id))) {
      const path = filePath(id, name);
      if (name === 'about.json' || name === current || this.#givenOut.get(path)?.deref()) continue;
      this.#givenOut.delete(path);
      await this.#folder.remove(path);
    }
  }

  /** Removes a session file that came to nothing; not where the record names it, or cannot be read. */
  async #discard(id: string, file: string): Promise<void> {
    const record = await readRecord(this.#folder, id);
    if (record ? record.file === file : await this.#hasRecord(id)) return;
    await this.#folder.remove(filePath(id, file));
  }

  async #removeEntry(id: string): Promise<void> {
    await this.#exclusive(`saving/${id}`, () =>
      this.#exclusive(`record/${id}`, async () => {
        await removeRecord(this.#folder, id);
        await this.#folder.remove(entryPath(id));
      }),
    );
  }

  /** Removes what no session needs, and what crashes have left. Asks again under the lock, which savers and copiers hold. */
  async #sweep(): Promise<void> {
    for (const id of (await this.#folder.list('sessions')).filter(isSessionId)) {
      if (await this.#hasRecord(id)) continue;
      await this.#exclusive(`saving/${id}`, async () => {
        if (!(await this.#hasRecord(id))) await this.#folder.remove(entryPath(id));
      });
    }
    const needed = await this.#needed();
    for (const kind of kinds) {
      for (const sha256 of (await this.#folder.list(kind)).filter(
        (name) => isSha256(name) && !needed.has(name),
      )) {
        const path = keptPath(kind, sha256);
        await this.#exclusive(path, async () => {
          if (!(await this.#needed()).has(sha256)) await this.#folder.remove(path);
        });
      }
    }
  }

  async #hasRecord(id: string): Promise<boolean> {
    return (await this.#folder.list(entryPath(id))).includes('about.json');
  }

  /** Every hash in every record, those of other versions too: it is not for us to take their files away. */
  async #needed(): Promise<Set<string>> {
    const ids = await this.#folder.list('sessions');
    const texts = await Promise.all(ids.map((id) => recordText(this.#folder, id)));
    return new Set(texts.flatMap((text) => text?.match(/\b[0-9a-f]{64}\b/g) ?? []));
  }

  async #hasRoom(files: readonly FileSource[]): Promise<boolean> {
    const room = await this.#room();
    const needed = files.reduce((sum, file) => sum + file.size, 0);
    return room === null || needed <= room * shareOfRoom;
  }
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const missing = () =>
  new PareError(
    'session-missing',
    'This session is not in the library.',
    'It may have been deleted in another tab: look at the list again.',
  );

function checkName(name: string): void {
  if (sessionAboutSchema.shape.name.safeParse(name).success) return;
  throw new PareError('session-name', 'A name has at most 200 characters.', 'Choose a shorter one.');
}
