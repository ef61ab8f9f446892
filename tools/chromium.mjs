import { existsSync } from 'node:fs';

const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Path of a Chrome or Chromium: `CHROME_PATH` first, then the usual places; undefined where there is none. */
export function findChromium() {
  const candidates = [process.env.CHROME_PATH, ...usualPlaces];
  return candidates.find((path) => path && existsSync(path));
}

/** Playwright's launch option for it; without one, Playwright looks for a browser of its own. */
export function chromiumPath() {
  const executablePath = findChromium();
  return executablePath ? { executablePath } : {};
}

/** Flags that give headless Chromium a WebGPU adapter (software where there is no GPU) and keep it off the network. */
export const chromiumFlags = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--enable-unsafe-webgpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
