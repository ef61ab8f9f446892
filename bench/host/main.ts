import { execFileSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import type { Facts, Results, SectionResult } from '../protocol.ts';
import { sections } from '../sections.ts';
import { launch, newPage, type Chromium } from './adapter.ts';
import { buildPage, buildStudio, installPeers, peerVersions } from './build.ts';
import { measureDemo } from './demo.ts';
import { help, readOptions, type Options } from './options.ts';
import { root } from './paths.ts';
import { printFacts, printSection } from './print.ts';
import { serve } from './serve.ts';
import { merged, writeResults } from './results.ts';

type Say = (line: string) => void;

export async function main(
  args: readonly string[],
  { executablePath, args: flags }: { executablePath: string | undefined; args: readonly string[] },
): Promise<void> {
  const options = readOptions(args);
  if (!options) return console.log(help);
  if (!executablePath)
    throw new Error(
      'No Chrome or Chromium found. Install one (Debian: apt-get install chromium), or set CHROME_PATH.',
    );
  const say: Say = options.json ? console.error : console.log;
  const results = await measureAll({ executablePath, args: flags }, options, say);
  if (options.json) console.log(JSON.stringify(results, null, 2));
  const failed = results.sections.filter(({ error }) => error !== undefined);
  if (failed.length > 0) throw new Error(`not measured: ${failed.map(({ name }) => name).join(', ')}`);
}

async function measureAll(chromium: Chromium, options: Options, say: Say): Promise<Results> {
  let results: Results = {
    date: new Date().toISOString(),
    commit: commit(),
    machine: { processor: cpus()[0]?.model ?? '', cores: cpus().length },
    adapter: options.adapter,
    facts: null,
    rounds: options.rounds,
    versions: peerVersions(),
    sections: [],
  };
  const { processor, cores } = results.machine;
  say(`${cores} × ${processor}, load ${loadavg()[0]!.toFixed(1)}, ${results.date}`);
  const page = await pageFolder(options, say);
  for (const name of options.sections) {
    const { facts, ...measured } = await measureSection(name, page, chromium, options, say);
    if (facts && !results.facts) say(printFacts(facts));
    say(printSection(measured, options.top));
    results = { ...results, facts: results.facts ?? facts, sections: [...results.sections, measured] };
    if (options.out) writeResults(options.out, merged(options.out, results));
  }
  return results;
}

async function pageFolder({ sections: names }: Options, say: Say): Promise<string | null> {
  const chosen = sections.filter(({ name }) => names.includes(name));
  if (chosen.every(({ load }) => !load)) return null;
  const peers = chosen.some((section) => section.peers);
  if (peers) installPeers(say);
  return buildPage(peers);
}

type Measured = SectionResult & { facts: Facts | null };

async function measureSection(
  name: string,
  pages: string | null,
  chromium: Chromium,
  options: Options,
  say: Say,
): Promise<Measured> {
  const before = loadavg()[0]!;
  const began = Date.now();
  const measured = await inBrowser(name, pages, chromium, options, say).catch((error: unknown) => ({
    title: name,
    rows: [],
    facts: null,
    error: String(error).split('\n')[0]!,
  }));
  const seconds = Math.round((Date.now() - began) / 100) / 10;
  return { name, ...measured, seconds, load: [before, loadavg()[0]!] };
}

/** In a new browser: what one section leaves behind (devices, memory) must not slow the next. */
async function inBrowser(
  name: string,
  pages: string | null,
  chromium: Chromium,
  { adapter, limit, rounds, timestamps }: Options,
  say: Say,
): Promise<Pick<Measured, 'title' | 'rows' | 'facts'>> {
  const { load } = sections.find((section) => section.name === name)!;
  const files = await serve(load && pages ? [pages, join(root, 'public')] : [await buildStudio()]);
  const browser = await launch(chromium, adapter);
  try {
    const page = await newPage(browser, adapter, say);
    if (!load) return { facts: null, ...(await unlessLate(limit, measureDemo(page, files.url))) };
    await page.goto(files.url);
    const facts = await page.evaluate(() => window.bench.facts());
    const given = { name, options: { rounds, timestamps } };
    const measuring = page.evaluate((it) => window.bench.measure(it.name, it.options), given);
    return { facts, ...(await unlessLate(limit, measuring)) };
  } finally {
    files.close();
    await browser.close();
  }
}

function unlessLate<T>(seconds: number, work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    const tooLate = () => reject(new Error(`took more than ${seconds} s`));
    setTimeout(tooLate, 1000 * seconds).unref();
  });
  return Promise.race([late, work]);
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}
