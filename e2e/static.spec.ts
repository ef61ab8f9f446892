import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve } from 'node:path';
import { expect, test } from '@playwright/test';
import { encodeLink } from '../src/session/link.ts';
import { logFixture } from '../src/session/session.testing.ts';
import { button, region } from './studio.ts';

/** The built site as any host for files would serve it: below a path of its own, without a header of ours. */
const base = '/some/where/pare/';
const site = resolve(process.env.PARE_E2E_SITE ?? 'dist');

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

test.describe('below another path, on a plain host', () => {
  let server: Server;
  let origin = '';
  let missing: string[] = [];

  test.beforeAll(async () => {
    server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '', 'http://host');
      const path = join(
        site,
        pathname.endsWith('/') ? `${pathname}index.html`.slice(base.length) : pathname.slice(base.length),
      );
      if (!pathname.startsWith(base) || !path.startsWith(site) || !existsSync(path)) {
        missing.push(pathname);
        response.writeHead(404).end();
        return;
      }
      response.setHeader('Content-Type', types[extname(path)] ?? 'application/octet-stream');
      createReadStream(path).pipe(response);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  test.afterAll(() => server.close());
  test.beforeEach(() => (missing = []));

  test('it opens, and the demo loads and scores, with nothing asked for elsewhere', async ({
    page,
    context,
  }) => {
    const elsewhere: string[] = [];
    context.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(origin + base) && !/^(blob|data):/.test(url)) elsewhere.push(url);
    });
    await page.goto(origin + base);
    await button(page, 'Use the demo model').click();
    await expect(region(page, 'Model')).toContainText('131 K', { timeout: 60_000 });
    await button(page, 'Use the demo data').click();
    await expect(region(page, 'Data')).toContainText('2,600', { timeout: 60_000 });
    await expect(button(page, 'Run')).toBeEnabled({ timeout: 60_000 });
    await button(page, 'Sessions').click();
    await expect(region(page, 'Library')).toContainText('None yet.');
    expect(elsewhere).toEqual([]);
    expect(missing).toEqual([]);
  });

  test('a share link opens there, and the one that is copied leads there', async ({ page }) => {
    const { fragment } = encodeLink(logFixture({ seed: 9 }));
    await page.goto(origin + base + fragment);
    await expect(region(page, 'Results')).toContainText('LoNAS best');
    expect(await page.evaluate(() => window.pare.link())).toBe(origin + base + fragment);
    expect(missing).toEqual([]);
  });
});

test('the promise is in the page, in its policy and in the README', async ({ page }) => {
  await page.goto('./');
  await expect(page.getByText('Nothing leaves this machine.', { exact: false }).first()).toBeVisible();
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
  const directives = new Map(
    policy!.split(';').map((each) => {
      const [name = '', ...sources] = each.trim().split(/\s+/);
      return [name, sources];
    }),
  );
  expect(directives.get('default-src')).toEqual(["'none'"]);
  const hub = ['https://huggingface.co', 'https://*.hf.co'];
  expect(directives.get('connect-src')).toEqual(["'self'", 'blob:', ...hub]);
  expect(directives.get('form-action')).toEqual(["'none'"]);
  expect(directives.get('base-uri')).toEqual(["'none'"]);
  for (const [name, sources] of directives)
    for (const source of sources.filter((each) => name !== 'connect-src' || !hub.includes(each)))
      expect(source, name).toMatch(/^('none'|'self'|'unsafe-inline'|'wasm-unsafe-eval'|blob:|data:)$/);
  expect(readFileSync('README.md', 'utf8')).toContain('Nothing leaves your machine.');
});
