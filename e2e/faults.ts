import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium, expect, type BrowserContext, type Page, type Worker } from '@playwright/test';
import { chromiumFlags, findChromium } from '../tools/chromium.mjs';
import type { outcomeOf } from './studio.ts';

/** Faults that tests inject: into the worker that owns the device, and into the page. */

/** What `faultyDevices` leaves in the worker. */
interface Faulty {
  loseDevices: () => number;
}

/** Runs `script` in the studio's worker before the studio's own code. */
export async function beforeWorker(context: BrowserContext, script: () => void): Promise<void> {
  await context.route(/studio\.worker[^/]*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `(${script.toString()})();\n${await response.text()}` });
  });
}

/** For `beforeWorker`: lets a test destroy the devices that the studio has taken. */
export function faultyDevices(): void {
  const devices: GPUDevice[] = [];
  // eslint-disable-next-line typescript/unbound-method -- it is called with its adapter below
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (...given) {
    const device = await requestDevice.apply(this, given);
    devices.push(device);
    return device;
  };
  (globalThis as unknown as Faulty).loseDevices = () => {
    const lost = devices.splice(0);
    for (const device of lost) device.destroy();
    return lost.length;
  };
}

function studioWorker(page: Page): Worker {
  const worker = page.workers().find((each) => each.url().includes('studio.worker'));
  if (!worker) throw new Error('there is no studio worker');
  return worker;
}

/** Destroys the devices taken since the last time; there must be one. */
export async function loseDevice(page: Page): Promise<void> {
  const lost = await studioWorker(page).evaluate(() => (globalThis as unknown as Faulty).loseDevices());
  expect(lost).toBeGreaterThan(0);
}

export type RunOutcome = Awaited<ReturnType<typeof outcomeOf>>;

/** For the page and, by `beforeWorker`, the worker: a browser that keeps nothing for this site. */
export function denyStorage(): void {
  StorageManager.prototype.getDirectory = () =>
    Promise.reject(new DOMException('Access is denied for this document.', 'SecurityError'));
}

/** For `beforeWorker`: files that take their time to be written. */
export function slowStorage(): void {
  // eslint-disable-next-line typescript/unbound-method -- it is called with its stream below
  const { close } = FileSystemWritableFileStream.prototype;
  FileSystemWritableFileStream.prototype.close = async function () {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return close.call(this);
  };
}

/** For both: a wall clock that jumps between yesterday, now and tomorrow, several times a second. */
export function jumpClock(): void {
  const day = 86_400_000;
  const True = Date;
  const now = () => True.now() + day * ((Math.floor(performance.now() / 170) % 3) - 1);
  class Jumping extends True {
    constructor(...given: [] | [number | string]) {
      if (given.length === 0) super(now());
      else super(...given);
    }
    static override now = now;
  }
  globalThis.Date = Jumping as unknown as DateConstructor;
}

/** For the page: a tab in the background draws nothing, and its timers are slow. `hideTab(true)` puts it there. */
export function hidableTab(): void {
  let hidden = false;
  const { setTimeout: sooner, requestAnimationFrame: draw } = window;
  const waiting: FrameRequestCallback[] = [];
  Object.defineProperty(document, 'hidden', { get: () => hidden });
  Object.defineProperty(document, 'visibilityState', { get: () => (hidden ? 'hidden' : 'visible') });
  document.hasFocus = () => !hidden;
  const slow = (then: () => void, wait = 0) => sooner(then, hidden ? Math.max(1000, wait) : wait);
  window.setTimeout = slow as typeof window.setTimeout;
  window.requestAnimationFrame = (then) => (hidden ? waiting.push(then) : draw.call(window, then));
  (window as unknown as Hidable).hideTab = (away) => {
    hidden = away;
    document.dispatchEvent(new Event('visibilitychange'));
    window.dispatchEvent(new Event(away ? 'blur' : 'focus'));
    if (!away) for (const then of waiting.splice(0)) draw.call(window, then);
  };
}

interface Hidable {
  hideTab: (away: boolean) => void;
}

export const hideTab = (page: Page, away: boolean): Promise<void> =>
  page.evaluate((gone) => (window as unknown as Hidable).hideTab(gone), away);

/**
 * The first `lives` of a worker end in an error that nothing catches: the browser tells the page, and the page gives the
 * worker up. That happens when it sends its `times`th message with `word` in it, at the same place of every run. Gives
 * back how many lives it has had.
 */
export async function crashWhenSent(
  context: BrowserContext,
  name: 'studio' | 'search',
  at: { word: string; times: number },
  lives: number,
): Promise<() => number> {
  let lived = 0;
  await context.route(new RegExp(`${name}\\.worker[^/]*\\.js$`), async (route) => {
    const response = await route.fetch();
    const crash = lived++ < lives ? `(${crashAt.toString()})(${JSON.stringify(at)});\n` : '';
    await route.fulfill({ response, body: crash + (await response.text()) });
  });
  return () => lived;
}

/** Runs in a worker. */
function crashAt({ word, times }: { word: string; times: number }): void {
  // eslint-disable-next-line typescript/unbound-method -- it is called with its port below
  const { postMessage } = MessagePort.prototype;
  let left = times;
  MessagePort.prototype.postMessage = function (message: unknown, options?: unknown) {
    if (JSON.stringify(message)?.includes(word) && --left === 0)
      setTimeout(() => {
        throw new RangeError('Array buffer allocation failed');
      });
    postMessage.call(this, message, options as StructuredSerializeOptions);
  };
}

/** A browser with a profile on disk, in a process of the test's own that it may kill. */
export class Profile {
  readonly #folder = mkdtempSync(join(tmpdir(), 'pare-profile-'));
  #process: ChildProcess | null = null;

  /** A page in a new process on the same profile. */
  async open(baseURL: string): Promise<Page> {
    const child = spawn(
      findChromium() ?? chromium.executablePath(),
      [
        ...chromiumFlags,
        '--headless',
        '--remote-debugging-port=0',
        `--user-data-dir=${this.#folder}`,
        '--window-size=1440,900',
        'about:blank',
      ],
      { detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#process = child;
    const browser = await chromium.connectOverCDP(await debuggerOf(child));
    const page = await browser.contexts()[0]!.newPage();
    await page.goto(baseURL);
    return page;
  }

  /** SIGKILL, to the browser and all of its children: nobody can write anything any more. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    process.kill(-child.pid, 'SIGKILL');
    await gone;
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

/** The address that Chromium says it listens at. */
function debuggerOf({ stderr }: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    if (!stderr) return reject(new Error('the browser has no standard error'));
    const lines = createInterface({ input: stderr });
    lines.on('line', (line) => {
      const address = /DevTools listening on (ws:\S+)/.exec(line)?.[1];
      if (address) resolve(address);
    });
    lines.once('close', () => reject(new Error('the browser ended before it listened')));
  });
}
