/** Every request to the hub goes through here: where it may go, who is told the token, and what its failures mean. */
import { malformed, offline, refused } from './errors.ts';

export interface HubAccess {
  /** Without a slash at the end. */
  readonly endpoint: string;
  /** Read access to what is private or gated; told to nobody but the endpoint. */
  readonly token: string | null;
  readonly signal: AbortSignal;
}

export const publicHub = 'https://huggingface.co';

/** More than any honest page of a listing has. */
const mostAnswerBytes = 16 * 1024 * 1024;

/**
 * `fetch` to the endpoint itself. Redirects elsewhere are followed by the platform, which does not take the token
 * along; in a page its Content-Security-Policy says how far. Rejects with a PareError, also for a status that is no
 * success, or with the signal's reason.
 */
export async function ask(
  { endpoint, token, signal }: HubAccess,
  address: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  if (new URL(address).origin !== new URL(endpoint).origin) throw malformed(`it points to ${address}`);
  const response = await fetch(address, {
    signal,
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    headers: { ...headers, ...(token ? { authorization: `Bearer ${token}` } : {}) },
  }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw offline(reasonOf(cause));
  });
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
    const body = response.body?.pipeThrough(atMost(mostAnswerBytes)) ?? null;
    return new Response(body, { status: response.status, headers: response.headers });
  };

function atMost(limit: number): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let left = limit;
  return new TransformStream({
    transform(chunk, controller) {
      left -= chunk.byteLength;
      if (left < 0) controller.error(malformed('an answer without an end'));
      else controller.enqueue(chunk);
    },
  });
}

/** Node says "fetch failed" and keeps the reason to itself. */
export function reasonOf(error: unknown): string {
  const cause: unknown = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const text = cause instanceof Error ? cause.message || cause.name : String(cause);
  return text.replace(/\.$/, '') || 'no connection';
}
