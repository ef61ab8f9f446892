import { openData } from '../datasets/parse.ts';
import type { FileSource } from '../formats/source.ts';
import { PareError } from '../lib/assert.ts';
import type { Checkpoint } from '../session/checkpoint.ts';
import type { EventOf, SessionEvent } from '../session/events.ts';
import { openSavedSession } from '../session/saved-session.ts';
import { streamOf } from '../storage/content.ts';
import { aboutOf, type SessionAbout } from '../storage/about.ts';
import type { SessionLibrary } from '../storage/library.ts';
import { readAs, readData, type LoadedData } from './loaded-data.ts';
import type { LoadedModel } from './model.ts';
import { stateOf, type Trouble } from './session-keeper.ts';

/** A session that can be gone on with. */
export interface KeptSession {
  readonly started: EventOf<'started'>;
  readonly log: readonly SessionEvent[];
  readonly checkpoint: Checkpoint;
}

/** A session of the library; throws where it is not there, or holds a log only. */
export async function openKept(library: SessionLibrary, id: string): Promise<KeptSession> {
  const file = await library.file(id);
  if (!file)
    throw new PareError(
      'session-missing',
      'This browser does not keep that session (any more).',
      'Drop its file (.pare) on the page.',
    );
  return requireCheckpoint(await openSavedSession(file));
}

export function requireCheckpoint({
  log,
  checkpoint,
}: {
  log: readonly SessionEvent[];
  checkpoint: Checkpoint | null;
}): KeptSession {
  const [started] = log;
  if (checkpoint && started?.type === 'started') return { started, log, checkpoint };
  throw new PareError(
    'session-log-only',
    'This session holds scores and no adapters, so there is nothing to go on with.',
    'Run its recipe instead: that gives the same on the same device.',
  );
}

/** A data file, as it is read and what it is read from. */
export interface OpenedData {
  readonly source: FileSource;
  readonly data: LoadedData;
}

export interface ImportedSession {
  readonly id: string;
  readonly log: SessionEvent[];
  readonly state: SessionAbout['state'];
}

/** Keeps a session file, once it has been read without complaint, as a new entry. */
export async function importSession(library: SessionLibrary, file: FileSource): Promise<ImportedSession> {
  const { log, checkpoint } = await openSavedSession(file);
  const id = crypto.randomUUID();
  const state = stateOf(log, checkpoint);
  const about = aboutOf(log, { id, name: '', bytes: file.size, state, updated: new Date().toISOString() });
  await library.save(about, streamOf(file));
  return { id, log: [...log], state };
}

export interface Inputs {
  readonly library: SessionLibrary;
  /** Resolves when the session is saved: files that no session names are thrown away. False: it could not be. */
  readonly saved: Promise<boolean>;
  readonly inputs: readonly {
    readonly kind: 'models' | 'data';
    readonly sha256: string;
    readonly files: readonly FileSource[];
  }[];
  readonly onTrouble: (trouble: Trouble) => void;
}

/** Copies of model and data, so that a session can be continued without dropping them again. */
export async function keepInputs({ library, saved, inputs, onTrouble }: Inputs): Promise<void> {
  try {
    if (!(await saved)) return;
    // Copies would end with the page, which has the files anyway.
    if (library.notice !== null)
      return onTrouble({ code: 'storage-denied', message: library.notice, remedy: null });
    const left: string[] = [];
    for (const { kind, sha256, files } of inputs) {
      if (await library.keep(kind, sha256, files)) continue;
      left.push(kind === 'models' ? 'the model' : (files[0]?.path ?? 'the data'));
    }
    if (left.length === 0) return;
    onTrouble({
      code: 'input-not-kept',
      message: `There is no room in the browser for a copy of ${left.join(' and ')}.`,
      remedy: 'To continue this session another day, drop the same files again then.',
    });
  } catch (error) {
    const { message } = error as Error;
    const known = error instanceof PareError;
    onTrouble({
      code: known ? error.code : 'input-not-kept',
      message,
      remedy: known
        ? error.remedy
        : 'To continue this session another day, drop its model and data again then.',
    });
  }
}

/** Throws where other files are open than the session's; gives the data as the session read it. */
export function requireSame(started: EventOf<'started'>, model: LoadedModel, data: LoadedData): LoadedData {
  requireModel(started, model);
  requireFile('data', started.data, data.file.sha256);
  return readAs(data, started.data);
}

/** Throws where another model is open than the session's. */
export function requireModel(started: EventOf<'started'>, model: LoadedModel): void {
  requireFile('model', started.model, model.info.sha256);
}

function requireFile(what: string, { name, sha256 }: { name: string; sha256: string }, open: string): void {
  if (open === sha256) return;
  throw new PareError(
    `session-other-${what}`,
    `The session was made with the ${what} ${name} (SHA-256 ${sha256.slice(0, 12)}…); another one is open (${open.slice(0, 12)}…).`,
    `Open ${name}, and try again.`,
  );
}

/** The further test sets of a session: those that are open, else those that the library keeps. */
export async function testsOfSession(
  library: SessionLibrary | undefined,
  { data: { tests } }: EventOf<'started'>,
  open: readonly { data: LoadedData }[],
): Promise<LoadedData[]> {
  return Promise.all(
    tests.map(async ({ name, sha256, ...reading }) => {
      const found = open.find(({ data }) => data.file.sha256 === sha256)?.data;
      if (found) return readAs(found, reading);
      const [source] = (await library?.kept('data', sha256)) ?? [];
      if (source) return readAs(readData(await openData(source)), reading);
      throw new PareError(
        'session-other-test',
        `The session was also tested on ${name}, which is not open.`,
        `Add ${name} as a further test set, and try again.`,
      );
    }),
  );
}
