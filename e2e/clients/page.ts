import { createReadStream, existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { chromium, type Browser, type Page } from '@playwright/test';
import { chromiumFlags, chromiumPath } from '../../tools/chromium.mjs';

const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** An empty page in a real Chromium, and a server of folders for it; `clients` must be this one. */
export class ClientPage {
  readonly #page: Page;
  readonly #browser: Browser;
  readonly #server: Server;

  /** `folders`: first part of a path → folder on disk. */
  static async open(folders: Readonly<Record<string, string>>): Promise<ClientPage> {
    const server = createServer((request, response) => {
      const [, first = '', ...rest] = new URL(request.url!, 'http://localhost').pathname.split('/');
      const folder = folders[first];
      const path = folder && join(folder, normalize(`/${rest.join('/')}`));
      if (first === '')
        return response.setHeader('content-type', 'text/html').end('<!doctype html><title>.</title>');
      if (!path || !existsSync(path)) return response.writeHead(404).end();
      response.setHeader('content-type', types[extname(path)] ?? 'application/octet-stream');
      return createReadStream(path).pipe(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const browser = await chromium.launch({ ...chromiumPath(), args: chromiumFlags });
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    return new ClientPage(page, browser, server);
  }

  private constructor(page: Page, browser: Browser, server: Server) {
    this.#page = page;
    this.#browser = browser;
    this.#server = server;
  }

  /** What a function of in-page.js gives for `argument`, which is JSON. */
  call<T>(name: string, argument: unknown): Promise<T> {
    // As text, since the functions of a test file are not as they were written.
    return this.#page.evaluate<T>(
      `import('/clients/in-page.js').then((page) => page.${name}(${JSON.stringify(argument)}))`,
    );
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
  }
}
