/**
 * A session's folder. Its record, `about.json`, names the session file that counts; a save writes a new file, then the
 * record, then removes the old file. So a crash at any moment leaves an entry that is all old or all new.
 */
import { z } from 'zod';
import { parseJson } from '../formats/json.ts';
import { type FileSource, readText } from '../formats/source.ts';
import { assert, PareError } from '../lib/assert.ts';
import { type SessionAbout, sessionAboutSchema } from './about.ts';
import type { Folder } from './folder.ts';

const recordSchema = z.strictObject({
  version: z.literal(1),
  file: z.string().regex(/^session-\d{1,15}\.pare$/),
  about: sessionAboutSchema,
});

export type SessionRecord = z.infer<typeof recordSchema>;

/** Many times what the schema lets through. */
const mostRecordBytes = 64 * 1024;
/** How often a file is looked for that another thread replaces in just that moment. */
const attempts = 5;

export const isSessionId = (id: string): boolean => sessionAboutSchema.shape.id.safeParse(id).success;

export const entryPath = (id: string): string => {
  assert(isSessionId(id), `${id} is no session's id`);
  return `sessions/${id}`;
};

const recordPath = (id: string): string => `${entryPath(id)}/about.json`;
export const filePath = (id: string, file: string): string => `${entryPath(id)}/${file}`;

/** null where there is none, or none that this version can read. */
export async function readRecord(folder: Folder, id: string): Promise<SessionRecord | null> {
  const text = await recordText(folder, id);
  if (text === null) return null;
  try {
    const { data } = recordSchema.safeParse(parseJson(text, 'about.json'));
    return data?.about.id === id ? data : null;
  } catch (error) {
    if (error instanceof PareError) return null;
    throw error;
  }
}

/** Any version's, as text; null where there is none, or none that is text. */
export async function recordText(folder: Folder, id: string): Promise<string | null> {
  if (!isSessionId(id)) return null;
  for (let left = attempts; ; left--) {
    const source = await folder.read(recordPath(id));
    if (!source) return null;
    try {
      return await readText(source, mostRecordBytes);
    } catch (error) {
      if (!(error instanceof PareError)) throw error;
      if (error.code !== 'file-unreadable' || left === 1) return null;
    }
  }
}

export async function writeRecord(folder: Folder, about: SessionAbout, file: string): Promise<void> {
  const record: SessionRecord = recordSchema.parse({ version: 1, file, about });
  await folder.write(recordPath(about.id), new TextEncoder().encode(JSON.stringify(record)));
}

/** Takes the entry out of the list; its other files are nobody's then. */
export const removeRecord = (folder: Folder, id: string): Promise<void> => folder.remove(recordPath(id));

/** The session file that counts, and its name; null where there is none. */
export async function readSession(
  folder: Folder,
  id: string,
): Promise<{ file: string; source: FileSource } | null> {
  for (let left = attempts; left > 0; left--) {
    const record = await readRecord(folder, id);
    if (!record) return null;
    const source = await folder.read(filePath(id, record.file));
    if (source) return { file: record.file, source };
  }
  return null;
}

/** Of a session file that is not there yet, and never was while the others were. */
export async function nextFile(folder: Folder, id: string): Promise<string> {
  const names = await folder.list(entryPath(id));
  const numbers = names.map((name) => Number(/^session-(\d{1,15})\.pare$/.exec(name)?.[1] ?? 0));
  return `session-${Math.max(0, ...numbers) + 1}.pare`;
}
