import type { FileSource } from '../formats/source.ts';
import type { SessionAbout } from './about.ts';
import type { Exclusive } from './exclusive.ts';
import type { FileContent, Folder } from './folder.ts';

/**
 * The sessions that this browser keeps, and the model and data files that they need:
 *
 *   sessions/<id>/about.json       what the list shows, and which of the files beside it counts
 *   sessions/<id>/session-<n>.pare log, and where the run can go on from
 *   models/<sha256>/index.json     paths and sizes of the files beside it; written last
 *   models/<sha256>/file-<i>       files as they were dropped
 *   data/<sha256>/…                likewise
 */
export interface SessionLibrary {
  /** Why all of it ends with the page; null where it outlives that. */
  readonly notice: string | null;
  /** The latest first. An entry that cannot be read is left out. */
  list(): Promise<SessionAbout[]>;
  about(id: string): Promise<SessionAbout | null>;
  /**
   * The session file; null where there is none. Stays readable while this library saves newer ones, until the entry is
   * removed; where another tab or thread saves, it may fail with 'file-unreadable': ask again.
   */
  file(id: string): Promise<FileSource | null>;
  /**
   * Keeps a session, or what has become of it: all of it or nothing, after a crash too. `about.bytes` is set to what was
   * written and `about.updated` to now. A name that was given stays.
   */
  save(about: SessionAbout, content: FileContent): Promise<void>;
  /** Throws the PareError 'session-missing' or 'session-name'. */
  rename(id: string, name: string): Promise<void>;
  /** Gives back the new entry. Throws as `rename` does. */
  duplicate(id: string, name: string): Promise<SessionAbout>;
  /** Files that no session needs any more go with it. */
  remove(id: string): Promise<void>;
  /**
   * Keeps the files of a model or a data set, unless they are kept already. Too little room is no error: false. Whether
   * the files have this hash is not checked. Save the session that needs them first: what no session needs goes with
   * the next `remove`.
   */
  keep(kind: KeptKind, sha256: string, files: readonly FileSource[]): Promise<boolean>;
  /** The files as they were given to `keep`, paths and all; null where they are not there, or not all of them. */
  kept(kind: KeptKind, sha256: string): Promise<FileSource[] | null>;
  /** Bytes of everything. */
  bytes(): Promise<number>;
  /** Everything goes. */
  clear(): Promise<void>;
}

export type KeptKind = 'models' | 'data';

/** `openStorage` gives these for a page and its workers. */
export interface LibraryOptions {
  readonly folder: Folder;
  /** Bytes that may still be written; null: not known. */
  readonly room?: () => Promise<number | null>;
  /** Default: among the users of this library object. Give one that reaches as far as the folder does. */
  readonly exclusive?: Exclusive;
  /** Why the folder ends with the page; default null: it does not. */
  readonly notice?: string | null;
}
