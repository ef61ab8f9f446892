import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readAll, type FileSource } from '../formats/source.ts';
import { PareError } from '../lib/assert.ts';
import type { SavedSession } from '../session/checkpoint.ts';
import { decodeLink } from '../session/link.ts';
import { openSavedSession } from '../session/saved-session.ts';
import { usage } from './arguments.ts';
import { withFile } from './node-files.ts';

/** What a run calls its session in the folder that it writes to. */
export const sessionName = 'session.pare';
/** Of a text that a link is looked for in: the longest link is 32 kB, and text may stand around it. */
const mostText = 4 * 1024 * 1024;

/**
 * The session that an argument names: a session file, a folder that a run wrote to, a share link (the whole address or
 * what follows its #), a text file that holds one, or `-` for such a text on standard input. A link holds no checkpoint.
 * What the checkpoint holds can be read until `work` is done, even where the file is written over.
 */
export async function withSession<T>(
  subject: string | undefined,
  work: (session: SavedSession) => Promise<T>,
): Promise<T> {
  if (!subject) throw usage('A session is missing: a session file (.pare), the folder of a run, or a link.');
  if (subject === '-') return work(linked(await standardInput(), 'Standard input'));
  if (!existsSync(subject) && linkIn(subject)) return work(linked(subject, 'This'));
  const path = existsSync(subject) && statSync(subject).isDirectory() ? join(subject, sessionName) : subject;
  return withFile(path, async (file) => work(await openSession(file)));
}

async function openSession(file: FileSource): Promise<SavedSession> {
  if (!isText(await file.read(0, Math.min(8, file.size)))) return openSavedSession(file);
  return linked(new TextDecoder().decode(await readAll(file, mostText)), file.name);
}

/** A session file has bytes in front that no text has: the mark of gzip, or zeros in the length of a header. */
const isText = (start: Uint8Array): boolean =>
  start.every((byte) => byte >= 0x20 || [9, 10, 13].includes(byte));

function linked(text: string, where: string): SavedSession {
  const link = linkIn(text);
  if (link) return { log: decodeLink(link), checkpoint: null };
  throw new PareError(
    'link-missing',
    `${where} holds neither a Pare session nor a link to one.`,
    'Give a session file (.pare), or a link that contains #s1.…',
  );
}

const linkIn = (text: string): string | null => /(?:^|#)s\d+\.[\w-]*/.exec(text.trim())?.[0] ?? null;

async function standardInput(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > mostText) throw usage(`Standard input is longer than ${mostText} characters.`);
  }
  return text;
}
