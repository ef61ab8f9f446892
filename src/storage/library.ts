import type { FileSource } from '../formats/source.ts';
import type { SessionAbout } from './about.ts';
import type { Folder } from './folder.ts';

/**
 * The sessions that this browser keeps, and the model and data files that they need:
 *
 *   sessions/<id>/about.json    what the list shows
 *   sessions/<id>/session.pare  log, and where the run can go on from
 *   models/<sha256>/…           files as they were dropped
 *   data/<sha256>/…
 */
export interface SessionLibrary {
  /** The latest first. An entry that cannot be read is left out. */
  list(): Promise<SessionAbout[]>;
  about(id: string): Promise<SessionAbout | null>;
  /** The session file; null where there is none. */
  file(id: string): Promise<FileSource | null>;
  /** Keeps a session, or what has become of it; `about.bytes` is set to what was written. A name that was given stays. */
  save(about: SessionAbout, content: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>): Promise<void>;
  rename(id: string, name: string): Promise<void>;
  /** Gives back the new entry. */
  duplicate(id: string, name: string): Promise<SessionAbout>;
  /** Files that no session needs any more go with it. */
  remove(id: string): Promise<void>;
  /** Keeps the files of a model or a data set, unless they are kept already. Too little room is no error: false. */
  keep(kind: 'models' | 'data', sha256: string, files: readonly FileSource[]): Promise<boolean>;
  kept(kind: 'models' | 'data', sha256: string): Promise<FileSource[] | null>;
  /** Bytes of everything. */
  bytes(): Promise<number>;
  /** Everything goes. */
  clear(): Promise<void>;
}

export interface LibraryOptions {
  readonly folder: Folder;
  /** Bytes that may still be written; null: not known. */
  readonly room?: () => Promise<number | null>;
}
