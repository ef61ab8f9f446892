/**
 * A hub of our own: the paths, redirects, ranges and headers of huggingface.co as far as Pare uses them, and the ways in
 * which networks fail. Large files are sent by a second server, as the hub's are by its CDN.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HubContent {
  readonly bytes: Uint8Array;
  /** Kept outside of git. */
  readonly large?: boolean;
}

interface Repository {
  readonly kind: 'models' | 'datasets';
  readonly name: string;
  /** Branch to commit. */
  readonly branches: Map<string, string>;
  readonly commits: Map<string, ReadonlyMap<string, HubContent>>;
  access: 'open' | 'private' | 'gated';
}

/** How a request fails. `cut`: the connection breaks after so many bytes of the body. */
export interface Fault {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly cut?: number;
  /** Sent in place of the body. */
  readonly body?: string | Uint8Array;
  /** Bytes by which the Content-Length is more than what is sent. */
  readonly lie?: number;
  /** The range that was asked for is not heard. */
  readonly whole?: boolean;
  /** Nothing is sent any more after the headers. */
  readonly hang?: boolean;
  /** Nothing is ever sent. */
  readonly silent?: boolean;
}

export interface SeenRequest {
  readonly host: 'hub' | 'cdn';
  /** Without the query. */
  readonly path: string;
  readonly range: string | null;
  readonly token: string | null;
}

export const accessToken = 'hf_letmein';
const gitName = (bytes: Uint8Array): string =>
  createHash('sha1').update(`blob ${bytes.byteLength}\0`).update(bytes).digest('hex');
export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const commitOf = (text: string): string => createHash('sha1').update(text).digest('hex');

export class HubServer {
  endpoint = '';
  cdn = '';
  readonly seen: SeenRequest[] = [];
  /** Asked for every request; null: nothing goes wrong. */
  fault: (request: SeenRequest) => Fault | null = () => null;
  /** Entries of a page of a listing. */
  pageSize = 1000;
  /** Added to every listing, as they are. */
  extraEntries: unknown[] = [];
  readonly #repositories = new Map<string, Repository>();
  readonly #servers: Server[] = [];

  async start(): Promise<void> {
    this.endpoint = await this.#listen((request, response) => this.#onHub(request, response));
    this.cdn = await this.#listen((request, response) => this.#onCdn(request, response));
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#servers.splice(0).map(
        (server) =>
          new Promise((resolve) => {
            server.closeAllConnections();
            server.close(resolve);
          }),
      ),
    );
  }

  /** A new commit on a branch; gives its name. */
  commit(kind: Repository['kind'], name: string, files: Record<string, HubContent>, branch = 'main'): string {
    const key = `${kind}/${name}`;
    const repository = this.#repositories.get(key) ?? {
      kind,
      name,
      branches: new Map<string, string>(),
      commits: new Map<string, ReadonlyMap<string, HubContent>>(),
      access: 'open' as const,
    };
    const commit = commitOf(`${key} ${branch} ${repository.commits.size}`);
    repository.commits.set(commit, new Map(Object.entries(files)));
    repository.branches.set(branch, commit);
    this.#repositories.set(key, repository);
    return commit;
  }

  restrict(kind: Repository['kind'], name: string, access: Repository['access']): void {
    this.#repositories.get(`${kind}/${name}`)!.access = access;
  }

  /** The requests for files, of one host. */
  downloads(host: SeenRequest['host'] = 'hub'): SeenRequest[] {
    return this.seen.filter((request) => request.host === host && !request.path.startsWith('/api/'));
  }

  #listen(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
    const server = createServer((request, response) => {
      response.setHeader('access-control-allow-origin', '*');
      response.setHeader('access-control-allow-headers', 'authorization, range');
      response.setHeader(
        'access-control-expose-headers',
        'x-repo-commit, x-linked-etag, x-linked-size, x-error-code, etag, link, content-range, retry-after',
      );
      if (request.method === 'OPTIONS') response.writeHead(204).end();
      else handle(request, response);
    });
    this.#servers.push(server);
    return new Promise((resolve) =>
      server.listen(0, '127.0.0.1', () =>
        resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
      ),
    );
  }

  #note(host: SeenRequest['host'], { url = '', headers }: IncomingMessage): SeenRequest {
    const request = {
      host,
      path: decodeURIComponent(url.replace(/\?.*$/, '')),
      range: headers.range ?? null,
      token: headers.authorization?.replace('Bearer ', '') ?? null,
    };
    this.seen.push(request);
    return request;
  }

  #onHub(request: IncomingMessage, response: ServerResponse): void {
    const seen = this.#note('hub', request);
    const fault = this.fault(seen);
    if (fault?.silent) return;
    if (fault?.status) {
      response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
      if (fault.hang) return void response.write('[');
      return void response.end(fault.body ?? '{"error":"so it is"}');
    }
    const url = new URL(request.url ?? '', this.endpoint);
    const { kind, name, verb, revision, path } = routeOf(url.pathname);
    const repository = this.#repositories.get(`${kind}/${name}`);
    const refusal = refusalOf(repository, verb, seen.token);
    if (!repository || refusal) return this.#error(response, ...(refusal ?? [404, 'RepoNotFound']));
    const commit = repository.commits.has(revision) ? revision : (repository.branches.get(revision) ?? '');
    const files = repository.commits.get(commit);
    if (!files) return this.#error(response, 404, 'RevisionNotFound');
    if (verb === 'revision') return this.#info(response, repository, commit);
    if (verb === 'tree') return this.#tree(response, url, files, path);
    this.#resolve(response, seen, fault, commit, files.get(path));
  }

  #error(response: ServerResponse, status: number, code: string): void {
    response.writeHead(status, { 'x-error-code': code, 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: code }));
  }

  #info(response: ServerResponse, { name, access }: Repository, sha: string): void {
    const info = {
      _id: 'x',
      id: name,
      private: access === 'private',
      gated: false,
      downloads: 0,
      likes: 0,
      sha,
    };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ...info, lastModified: '2026-11-01T00:00:00.000Z' }));
  }

  #tree(response: ServerResponse, url: URL, files: ReadonlyMap<string, HubContent>, folder: string): void {
    const recursive = url.searchParams.get('recursive') === 'true';
    const below = folder === '' ? '' : `${folder}/`;
    const entries: unknown[] = [...files]
      .filter(([path]) => path.startsWith(below) && (recursive || !path.slice(below.length).includes('/')))
      .map(([path, content]) => entryOf(path, content));
    entries.push(...this.extraEntries);
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const next = new URL(url);
    next.searchParams.set('cursor', String(from + this.pageSize));
    const more = from + this.pageSize < entries.length;
    response.writeHead(200, {
      'content-type': 'application/json',
      ...(more ? { link: `<${next.href}>; rel="next"` } : {}),
    });
    response.end(JSON.stringify(entries.slice(from, from + this.pageSize)));
  }

  #resolve(
    response: ServerResponse,
    seen: SeenRequest,
    fault: Fault | null,
    commit: string,
    content: HubContent | undefined,
  ): void {
    if (!content) return this.#error(response, 404, 'EntryNotFound');
    response.setHeader('x-repo-commit', commit);
    if (!content.large) return send(response, seen, content.bytes, `"${gitName(content.bytes)}"`, fault);
    const name = sha256Of(content.bytes);
    response.writeHead(302, {
      location: `${this.cdn}/xet-bridge-us/${name}?X-Amz-Signature=secret`,
      'x-linked-size': String(content.bytes.byteLength),
      'x-linked-etag': `"${name}"`,
    });
    response.end();
  }

  #onCdn(request: IncomingMessage, response: ServerResponse): void {
    const seen = this.#note('cdn', request);
    const name = seen.path.split('/').at(-1);
    const contents = [...this.#repositories.values()].flatMap(({ commits }) =>
      [...commits.values()].flatMap((files) => [...files.values()]),
    );
    const content = contents.find(({ bytes, large }) => large && sha256Of(bytes) === name);
    const fault = this.fault(seen);
    if (!content || fault?.status) return this.#error(response, fault?.status ?? 404, 'EntryNotFound');
    send(response, seen, content.bytes, `"${name}"`, fault);
  }
}

type Verb = 'revision' | 'tree' | 'resolve';

function routeOf(pathname: string) {
  const api = /^\/api\/(models|datasets)\/([^/]+\/[^/]+)\/(revision|tree)\/([^/]+)(?:\/(.+))?$/.exec(
    pathname,
  );
  const file = /^\/(datasets\/)?([^/]+\/[^/]+)\/(resolve)\/([^/]+)\/(.+)$/.exec(pathname);
  const [, kind, name, verb, revision = '', path = ''] = api ?? file ?? [];
  return {
    kind: kind?.replace('/', '') ?? 'models',
    name,
    verb: verb as Verb | undefined,
    revision: decodeURIComponent(revision),
    path: decodeURIComponent(path),
  };
}

/** As the hub does it: who may not see a repository is not told whether it is there. */
function refusalOf(
  repository: Repository | undefined,
  verb: Verb | undefined,
  token: string | null,
): [status: number, code: string] | null {
  const mayRead = repository?.access === 'open' || token === accessToken;
  if (!repository || (repository.access === 'private' && !mayRead))
    return [token ? 404 : 401, 'RepoNotFound'];
  return verb === 'resolve' && !mayRead ? [token ? 403 : 401, 'GatedRepo'] : null;
}

function entryOf(path: string, { bytes, large }: HubContent): unknown {
  const size = bytes.byteLength;
  const lfs = { oid: sha256Of(bytes), size, pointerSize: 130 };
  return { type: 'file', path, size, oid: gitName(bytes), ...(large ? { lfs, xetHash: lfs.oid } : {}) };
}

function send(
  response: ServerResponse,
  { range }: SeenRequest,
  content: Uint8Array,
  etag: string,
  fault: Fault | null,
): void {
  const from = fault?.whole ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  const body = fault?.body === undefined ? content.subarray(from) : Buffer.from(fault.body);
  const ranged =
    from > 0 ? { 'content-range': `bytes ${from}-${content.byteLength - 1}/${content.byteLength}` } : {};
  response.writeHead(from > 0 ? 206 : 200, {
    etag,
    'content-length': body.byteLength + (fault?.lie ?? 0),
    'accept-ranges': 'bytes',
    ...ranged,
    ...fault?.headers,
  });
  if (fault?.hang) return void response.write(body.subarray(0, 10));
  if (fault?.cut !== undefined) {
    return void response.write(body.subarray(0, fault.cut), () => setTimeout(() => response.destroy(), 20));
  }
  if (fault?.lie) return void response.write(body, () => setTimeout(() => response.destroy(), 20));
  response.end(body);
}
