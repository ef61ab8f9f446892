import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { withSession } from '../src/cli/session-input.ts';
import type { SavedSession } from '../src/session/checkpoint.ts';
import type { SessionEvent } from '../src/session/events.ts';
import { viewOf } from '../src/session/reduce.ts';
import type { Reproduction } from '../src/session/reproduction.ts';
import { writeSavedSession } from '../src/session/saved-session.ts';
import { pare, tryPare } from './runner.ts';
import { subjectOf } from './subjects.ts';
import { tinyInputs } from './tiny.ts';

/** What is done with the sessions of finished runs: most of it with a tiny model on the CPU, which is quick. */
let folder: string;
let session: string;
let inputs: string[];
let link: string;

test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pare-sessions-'));
  inputs = await tinyInputs(folder);
  session = join(folder, 'run/session.pare');
  const run = ['run', 'lonas', ...inputs, ...subjectOf('lonas', []).settings, '--out', join(folder, 'run')];
  ({ link } = await pare<{ link: string }>(...run));
});

/** The same session with another log or checkpoint, as our own writer writes it. */
async function changed(name: string, change: (session: SavedSession) => SavedSession): Promise<string> {
  const path = join(folder, name);
  await withSession(session, async (saved) => {
    writeFileSync(
      path,
      new Uint8Array(await new Response(writeSavedSession(change(saved)).stream).arrayBuffer()),
    );
  });
  return path;
}

test('a run is reproduced from its link, and verified, to the bit on the same GPU', async () => {
  const out = test.info().outputPath('run');
  const { settings } = subjectOf('lora', []);
  const onGpu = await tinyInputs(test.info().outputDir, 'webgpu');
  const shared = await pare<{ link: string }>('run', 'lora', ...onGpu, ...settings, '--out', out);
  const file = join(out, 'link.txt');
  writeFileSync(file, shared.link);
  for (const command of [
    ['reproduce', file],
    ['verify', out],
  ]) {
    const result = await pare<Reproduction>(...command, ...onGpu);
    expect(result).toMatchObject({ matches: true, exact: true });
    expect(result.rows).toHaveLength(1);
    expect(result.rows[0]).toMatchObject({ genome: [], equal: true });
  }
});

test('a link is an argument, in a file, or on standard input', async () => {
  const fragment = link.slice(link.indexOf('#'));
  const file = join(folder, 'message.txt');
  writeFileSync(file, `Look at this:\n${link}\nWhat do you think?`);
  for (const subject of [link, fragment, fragment.slice(1), file, session, join(folder, 'run')])
    expect((await tryPare(['link', subject])).stdout).toBe(`${link}\n`);
  const { status, stdout } = await tryPare(['reproduce', '-', ...inputs, '--json'], { input: link });
  expect(status).toBe(0);
  const result = JSON.parse(stdout) as Reproduction;
  expect(result).toMatchObject({ matches: true, exact: true });
  expect(result.rows.length).toBeGreaterThan(1);
  for (const { shared, here } of result.rows) expect(here).toEqual(shared);
});

test('a score that was changed is found out, with exit status 1', async () => {
  const { macs, score } = await withSession(session, async ({ log }) => viewOf(log).front.at(-1)!);
  const path = await changed('tampered.pare', ({ log, checkpoint }) => {
    const raise = (event: SessionEvent): SessionEvent =>
      event.type === 'evaluated' && event.macs === macs && event.score === score
        ? { ...event, score: score * (1 + 1e-6) }
        : event;
    return { log: log.map(raise), checkpoint };
  });
  const { status, stdout } = await tryPare(['verify', path, ...inputs, '--json']);
  expect(status).toBe(1);
  const { matches, rows } = JSON.parse(stdout) as Reproduction;
  expect(matches).toBe(false);
  const wrong = rows.filter(({ within }) => !within);
  expect(wrong).toHaveLength(1);
  expect(wrong[0]!.here).toEqual({ macs, score });
});

test('adapters that were changed are refused', async () => {
  const bytes = readFileSync(session);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<
    string,
    { data_offsets: [number, number] }
  >;
  const [, adapter] = Object.entries(header).find(([name]) => name.endsWith('.lora_B.weight'))!;
  const at = 8 + length + adapter.data_offsets[0];
  bytes[at] = bytes[at]! ^ 1;
  const path = join(folder, 'flipped.pare');
  writeFileSync(path, bytes);
  for (const command of ['verify', 'continue']) {
    const args = [
      command,
      path,
      ...inputs,
      ...(command === 'continue' ? ['--out', join(folder, 'flipped')] : []),
    ];
    const { status, stdout, stderr } = await tryPare(args);
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('lora_B.weight do not have their checksum');
  }
});

test('another model, other data, and what is no session are refused', async () => {
  const other = join(folder, 'other.jsonl');
  writeFileSync(other, readFileSync(join(folder, 'few.jsonl'), 'utf8').split('\n').slice(1).join('\n'));
  const [, model, , data] = inputs as [string, string, string, string];
  const cases: [string[], number, RegExp][] = [
    [
      ['reproduce', link, '--model', model, '--data', other, '--device', 'cpu'],
      1,
      /made with the data few\.jsonl/,
    ],
    [
      ['verify', session, '--model', 'demo', '--data', data, '--device', 'cpu'],
      1,
      /made with the model model/,
    ],
    [['verify', link, ...inputs], 1, /holds scores and no adapters/],
    [['verify', other, ...inputs], 1, /neither a Pare session nor a link/],
    [['reproduce', '#s1.AAAA', ...inputs], 1, /The link/],
    [['continue', session, ...inputs], 2, /--out is missing/],
    [['reproduce', ...inputs], 2, /A session is missing/],
    [['report', session], 2, /--out is missing/],
  ];
  for (const [args, status, message] of cases) {
    const ended = await tryPare(args);
    expect(ended.stderr).toMatch(message);
    expect(ended).toMatchObject({ status, stdout: '' });
  }
});

test('Ctrl-C stops a run in good order, and it goes on from there', async () => {
  const out = join(folder, 'stopped');
  const { settings } = subjectOf('lora', []);
  const kept = [...inputs, '--checkpoint-every', '0'];
  const whole = ['run', 'lora', ...kept, ...settings, '--set', 'training.steps=4000', '--out', out];
  const said = (stderr: string) =>
    Number(
      stderr
        .match(/step \d+/g)
        ?.at(-1)
        ?.slice(5) ?? 0,
    );
  const stopped = await tryPare(whole, { interrupt: (stderr) => said(stderr) > 10 });
  expect(stopped.status).toBe(1);
  expect(stopped.stderr).toContain(`continue ${out}`);
  const before = await withSession(out, async ({ log }) => viewOf(log));
  expect(before.status).toBe('stopped');
  expect(before.losses.length).toBeGreaterThan(10);
  expect(before.losses.length).toBeLessThan(4000);
  await tryPare(['continue', out, ...kept], {
    interrupt: (stderr) => said(stderr) > before.losses.length + 10,
  });
  const after = await withSession(out, async ({ log }) => viewOf(log));
  expect(after.losses.length).toBeGreaterThan(before.losses.length);
  expect(after.losses.slice(0, 10)).toEqual(before.losses.slice(0, 10));
  expect(after.recoveries.map(({ exact }) => exact)).toEqual([true]);
});

test('a finished run is exported again elsewhere, the same', async () => {
  const out = join(folder, 'again');
  cpSync(session, join(folder, 'sent.pare'));
  await pare('continue', join(folder, 'sent.pare'), ...inputs, '--out', out);
  const weights = (where: string) => readFileSync(join(folder, where, 'model/model.safetensors'));
  expect(weights('again').equals(weights('run'))).toBe(true);
});

test('a session becomes a link and a report', async () => {
  const { stdout } = await tryPare(['link', session, '--base', 'https://example.org/pare/']);
  expect(stdout.trim()).toBe(`https://example.org/pare/${link.slice(link.indexOf('#'))}`);
  const file = join(folder, 'report.html');
  await pare('report', link, '--out', file);
  const html = readFileSync(file, 'utf8');
  expect(html).toMatch(/^<!doctype html>/);
  expect(html).toContain('<svg');
  expect(html).not.toContain('<script');
});
