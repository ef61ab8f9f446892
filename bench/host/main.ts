import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from '@playwright/test';
import type { Ceilings, Demo, Facts, Matmul, MatmulShape, Subject, WeightTimes } from '../protocol.ts';
import { buildPage, buildStudio, installPeers } from './build.ts';
import { runDemo } from './demo.ts';
import { help, readOptions, type Options } from './options.ts';
import { root } from './paths.ts';
import { printCeilings, printDemo, printFacts, printInt4, printMatmuls, printSubject } from './print.ts';
import { serve } from './serve.ts';

export interface Chromium {
  readonly executablePath: string | undefined;
  readonly args: readonly string[];
}

interface Results {
  readonly date: string;
  readonly machine: { readonly processor: string; readonly cores: number; readonly loadBefore: number };
  facts?: Facts;
  ceilings?: Ceilings;
  subjects?: Subject[];
  int4?: WeightTimes[];
  matmuls?: Matmul[];
  demo?: Demo;
}

/** Rows × inner × columns: two that the others are known by, four of larger models, two of an adapter, two of the demo. */
const shapes: readonly MatmulShape[] = [
  [256, 512, 512],
  [256, 288, 288],
  [256, 768, 288],
  [256, 288, 768],
  [256, 8, 288],
  [256, 288, 8],
  [448, 64, 256],
  [448, 256, 64],
];

export async function main(
  args: readonly string[],
  { executablePath, args: flags }: Chromium,
): Promise<void> {
  const options = readOptions(args);
  if (!options) return console.log(help);
  if (!executablePath)
    throw new Error(
      'No Chrome or Chromium found. Install one (Debian: apt-get install chromium), or set CHROME_PATH.',
    );
  const say = options.json ? console.error : console.log;
  const results: Results = {
    date: new Date().toISOString(),
    machine: { processor: cpus()[0]?.model ?? '', cores: cpus().length, loadBefore: loadavg()[0]! },
  };
  say(
    `${results.machine.cores} × ${results.machine.processor}, load ${results.machine.loadBefore.toFixed(1)}, ${results.date}`,
  );
  // A new browser for each part: what one leaves behind (devices, memory) must not slow the next.
  const inBrowser = async (folders: readonly string[], part: (page: Page, url: string) => Promise<void>) => {
    const files = await serve(folders);
    const browser = await chromium.launch({ executablePath, args: [...flags] });
    try {
      await part(await newPage(browser), files.url);
    } finally {
      files.close();
      await browser.close();
    }
  };
  if (options.kernels) {
    const folders = [await buildPage('page'), join(root, 'public')];
    await inBrowser(folders, (page, url) => kernels(page, url, options, results, say));
  }
  if (options.peers) {
    installPeers(say);
    await inBrowser([await buildPage('peers')], (page, url) => peers(page, url, options, results, say));
  }
  if (options.demo) {
    await inBrowser([await buildStudio()], async (page, url) => {
      results.demo = await runDemo(page, url);
      say(printDemo(results.demo));
    });
  }
  if (options.json) console.log(JSON.stringify(results, null, 2));
}

async function newPage(browser: Browser): Promise<Page> {
  const page = await browser.newPage();
  page.on('pageerror', ({ message }) => console.error(`  page: ${message}`));
  return page;
}

type Say = (line: string) => void;

async function kernels(page: Page, url: string, options: Options, results: Results, say: Say): Promise<void> {
  await page.goto(url);
  results.facts = await page.evaluate(async () => (await window.bench).facts);
  say(printFacts(results.facts));
  // First, while nothing is compiled: its compile times are cold.
  const first = await page.evaluate(async (given) => (await window.bench).demo(given), options);
  results.ceilings = await page.evaluate(async (given) => (await window.bench).ceilings(given), options);
  say(printCeilings(results.ceilings));
  say(printSubject(first, results.ceilings, options.top));
  const second = await page.evaluate(async (given) => (await window.bench).stories(given), options);
  say(printSubject(second, results.ceilings, options.top));
  results.subjects = [first, second];
  results.int4 = await page.evaluate(async (given) => (await window.bench).int4(given), options);
  say(printInt4(results.int4));
}

async function peers(
  page: Page,
  url: string,
  { rounds }: Options,
  results: Results,
  say: Say,
): Promise<void> {
  await page.goto(url);
  for (const reason of await page.evaluate(async () => (await window.peers).missing))
    say(`  left out: ${reason}`);
  results.matmuls = [];
  for (const shape of shapes) {
    const given = { shape, rounds };
    results.matmuls.push(
      await page.evaluate(async (it) => (await window.peers).matmul(it.shape, it.rounds), given),
    );
  }
  say(printMatmuls(results.matmuls));
}
