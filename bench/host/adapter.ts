import { chromium, type Browser, type Page } from '@playwright/test';
import type { AdapterName } from '../protocol.ts';

export interface Chromium {
  readonly executablePath: string;
  readonly args: readonly string[];
}

/** What Playwright adds that would keep the page from Mesa. */
const inTheWay = ['--disable-gpu', '--enable-unsafe-swiftshader', '--use-angle=swiftshader-webgl'];
const throughGles = [
  '--use-webgpu-adapter=opengles',
  '--use-gl=angle',
  '--use-angle=gl-egl',
  '--ignore-gpu-blocklist',
];

export function launch({ executablePath, args }: Chromium, adapter: AdapterName): Promise<Browser> {
  if (adapter === 'default') return chromium.launch({ executablePath, args: [...args] });
  return chromium.launch({
    executablePath,
    args: [...args, ...throughGles],
    ignoreDefaultArgs: inTheWay,
    env: { ...process.env, LIBGL_ALWAYS_SOFTWARE: '1' },
  });
}

export async function newPage(
  browser: Browser,
  adapter: AdapterName,
  say: (line: string) => void,
): Promise<Page> {
  const page = await browser.newPage();
  page.on('pageerror', ({ message }) => say(`  page: ${message}`));
  page.on('console', (message) => {
    if (message.type() === 'info') say(`  ${message.text()}`);
  });
  // The GLES backend gives no other adapter; ours and the peers' requests alike go through here.
  if (adapter === 'llvmpipe')
    await page.addInitScript(() => {
      const { gpu } = navigator;
      const request = gpu.requestAdapter.bind(gpu);
      gpu.requestAdapter = (options) => request({ ...options, featureLevel: 'compatibility' });
      // That backend gives its adapter no name, so that nothing could tell that it is a program.
      Object.defineProperty(GPUAdapterInfo.prototype, 'description', {
        get: () => 'llvmpipe (Mesa, by GLES)',
      });
    });
  return page;
}
