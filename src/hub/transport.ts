/** Every request to the hub goes through here: where it may go, who is told the token, and what its failures mean. */
import { PareError } from '../lib/assert.ts';
import { malformed, offline, refused, silent } from './errors.ts';

export interface HubAccess {
  /** Without a slash at the end. */
  readonly endpoint: string;
  /** Read access to what is private or gated; told to nobody but the endpoint. */
  readonly token: string | null;
  readonly signal: AbortSignal;
  /** Milliseconds without a sign of life after which nobody is waited for any longer. */
  readonly patience?: number;
}

export const usualPatience = 30_000;

export const publicHub = 'https://huggingface.co';

/** More than any honest page of a listing has. */
const mostAnswerBytes = 16 * 1024 * 1024;

/**
 * `fetch` to the endpoint itself. Redirects elsewhere are followed by the platform, which does not take the token
 * along; in a page its Content-Security-Policy says how far. Rejects with a PareError, also for a status that is no
 * success, or with the signal's reason.
 * The answer must begin within the patience; how its body arrives is for its reader to watch.
 */
export async function ask(
  { endpoint, token, signal, patience = usualPatience }: HubAccess,
  address: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  if (new URL(address).origin !== new URL(endpoint).origin) throw malformed(`it points to ${address}`);
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), patience);
  const response = await fetch(address, {
    signal: AbortSignal.any([signal, silence.signal]),
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    headers: { ...headers, ...(token ? { authorization: `Bearer ${token}` } : {}) },
  })
    .catch((cause: unknown) => {
      signal.throwIfAborted();
      throw silence.signal.aborted ? silent(patience) : offline(reasonOf(cause));
    })
    .finally(() => clearTimeout(timer));
  if (response.ok) return response;
  await response.body?.cancel().catch(() => undefined);
  throw refused(response, token !== null);
}

/** The same as the hub's client wants it, for answers that are read whole. */
export const apiFetch =
  (access: HubAccess): typeof fetch =>
  async (input) => {
    const address = input instanceof Request ? input.url : String(input);
    const response = await ask(access, address, { accept: 'application/json' });
    const body = await wholeOf(response, access);
    return new Response(body, { status: response.status, headers: response.headers });
  };

async function wholeOf({ body }: Response, { signal, patience = usualPatience }: HubAccess): Promise<Blob> {
  const reader = body?.getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let left = mostAnswerBytes;
  try {
    for (;;) {
      const { done, value } = reader ? await within(patience, reader.read()) : { done: true };
      if (done || !value) return new Blob(chunks);
      left -= value.byteLength;
      if (left < 0) throw malformed('an answer without an end');
      chunks.push(value);
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw cause instanceof PareError ? cause : offline(reasonOf(cause));
  } finally {
    // Not waited for: where nothing comes any more, this may not either.
    void reader?.cancel().catch(() => undefined);
  }
}

/** Rejects with the PareError 'hub-offline' where `work` takes longer. */
export async function within<T>(patience: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(silent(patience)), patience);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Node says "fetch failed" and keeps the reason to itself. */
export function reasonOf(error: unknown): string {
  const cause: unknown = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const text = cause instanceof Error ? cause.message || cause.name : String(cause);
  return text.replace(/\.$/, '') || 'no connection';
}
