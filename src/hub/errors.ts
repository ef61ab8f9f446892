/** What goes wrong between here and the hub, in words. */
import { PareError } from '../lib/assert.ts';

export const offline = (reason: string): PareError =>
  new PareError(
    'hub-offline',
    `The hub cannot be reached: ${reason}.`,
    'Check the connection, then try it again. What has arrived is kept; what was downloaded before opens without a connection.',
  );

/** The same of a name that was looked up: nothing has arrived that could be kept. */
export const lookUpAgain = ({ code, message }: PareError): PareError =>
  new PareError(
    code,
    message,
    'Check the connection, then look it up again. What was downloaded before opens without a connection.',
  );

/** It took a request, or began an answer, and then nothing came. `patience`: milliseconds. */
export const silent = (patience: number): PareError =>
  offline(`nothing has come from it for ${Math.ceil(patience / 1000)} s`);

export const changed = (what: string): PareError =>
  new PareError(
    'hub-changed',
    `${what} is not what the hub listed.`,
    'Look the name up again: the repository may have changed meanwhile.',
  );

export const damaged = (path: string): PareError =>
  new PareError(
    'hub-damaged',
    `${path} arrived with other contents than the hub's listing names; it was deleted.`,
    'Download it again. If that happens once more, something between here and the hub changes files.',
  );

export const malformed = (what: string): PareError =>
  new PareError(
    'hub-answer',
    `The hub answered in a form that Pare does not know: ${what}.`,
    'Try again later, or download the files in another way and drop them here.',
  );

export const noRoom = (needed: number, room: number): PareError =>
  new PareError(
    'hub-no-room',
    `The download needs ${megabytes(needed)}, and this browser leaves this page ${megabytes(room)}.`,
    'Delete downloads or sessions that you no longer need, free space on the disk, or choose a smaller file.',
    { needed, room },
  );

/** The storage said so itself, in the middle. */
export const storageRanOut = (): PareError =>
  new PareError(
    'hub-no-room',
    'There is no room left for the download.',
    'Delete downloads or sessions that you no longer need, or free space on the disk, then resume: what has arrived is kept.',
  );

const megabytes = (count: number): string => `${(count / 1e6).toFixed(count < 1e7 ? 1 : 0)} MB`;

/** An answer that is no success. `hasToken`: it was asked with an access token. */
export function refused(response: Response, hasToken: boolean): PareError {
  const { status } = response;
  const detail = { status, url: withoutQuery(response.url) };
  const make = (code: string, message: string, remedy: string) =>
    new PareError(code, message, remedy, detail);
  if (status === 401)
    return make(
      'hub-access',
      hasToken
        ? 'The hub does not accept the access token for this repository.'
        : 'The hub shows this repository to nobody without an access token: there is none of that name, or it is private.',
      'Check the name; for a private repository give an access token that may read it (huggingface.co/settings/tokens).',
    );
  if (status === 403)
    return make(
      'hub-gated',
      'The hub gives this repository only to those who have accepted its terms.',
      'Accept the terms on its page on huggingface.co, then give an access token of the same account.',
    );
  if (status === 404) {
    const missing: Record<string, string> = {
      RevisionNotFound: 'The repository has no such revision.',
      EntryNotFound: 'The repository has no such file.',
    };
    return make(
      'hub-not-found',
      missing[response.headers.get('x-error-code') ?? ''] ?? 'The hub has no such repository.',
      'Check the name, the revision and the file on huggingface.co.',
    );
  }
  if (status === 429) {
    const wait = Number(response.headers.get('retry-after'));
    return make(
      'hub-busy',
      'The hub has had too many requests from here.',
      `Wait ${wait > 0 ? `${wait} seconds` : 'some minutes'}, then try it again; with an access token the hub allows more.`,
    );
  }
  if (status >= 500)
    return make(
      'hub-server',
      `The hub has a fault of its own (status ${status}).`,
      'Try again in some minutes; what has arrived of a download is kept.',
    );
  return make('hub-answer', `The hub answered with status ${status}.`, 'Check the name, or try again later.');
}

/** Signed addresses carry their key in the query. */
const withoutQuery = (url: string): string => url.replace(/\?.*$/, '');
