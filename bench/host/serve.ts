import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, sep } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** Threads of WebAssembly, and clocks that are finer than 0.1 ms. */
const isolated = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

export interface Server {
  readonly url: string;
  close(): void;
}

/** Serves files of these folders, the first that has it, on a free port of this machine only. */
export async function serve(folders: readonly string[]): Promise<Server> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    const file = find(folders, path.endsWith('/') ? `${path}index.html` : path);
    if (!file) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      'content-type': types[extname(file)] ?? 'application/octet-stream',
      ...isolated,
    });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function find(folders: readonly string[], path: string): string | undefined {
  const candidates = folders.map((folder) => ({ folder, file: join(folder, normalize(path)) }));
  return candidates.find(
    ({ folder, file }) =>
      file.startsWith(folder + sep) && statSync(file, { throwIfNoEntry: false })?.isFile(),
  )?.file;
}
