/**
 * `npm run fuzz`: spoils files and opens them, for as long as it is told (src/formats/fuzz.testing.ts). Ends with 1 where
 * a reader did what it must not: the seed, the smallest case and the command that repeats it are printed.
 *
 *   npm run fuzz -- --minutes 10 --only gguf --seed 7 --path 12:0:3
 *
 * Goes in rounds with a seed each, `--seconds` (10) a reader, and ends with the round in which the time is over. A case
 * that does not end, or that the heap of a gigabyte does not hold, is printed as well.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

const text = { type: 'string' };
const { values } = parseArgs({
  options: { minutes: text, seconds: text, only: text, seed: text, path: text },
});
const { minutes = '1', seconds = '10', only = '', seed, path: place } = values;

/** A reader prints a line when its time is over; this long without one, and a case has no end. */
const patience = 1000 * (Number(seconds) + 180);
const folder = mkdtempSync(path.join(tmpdir(), 'pare-fuzz-'));
const note = path.join(folder, 'case');

/** One round; its exit code. */
function round(number) {
  const child = spawn(
    'npx',
    ['vitest', 'run', '--project', 'unit', '--disableConsoleIntercept=true', 'fuzz.test.ts'],
    {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        NODE_OPTIONS: '--max-old-space-size=1024',
        PARE_FUZZ_SECONDS: place === undefined ? seconds : '0',
        PARE_FUZZ_SEED: String(number),
        PARE_FUZZ_ONLY: only,
        PARE_FUZZ_NOTE: note,
        ...(place === undefined ? {} : { PARE_FUZZ_PATH: place }),
      },
    },
  );
  const give = () => process.kill(-child.pid, 'SIGKILL');
  let timer = setTimeout(give, patience);
  child.stdout.on('data', (chunk) => {
    process.stdout.write(chunk);
    clearTimeout(timer);
    timer = setTimeout(give, patience);
  });
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code !== 0) console.log(`the last case (${signal ?? code}): ${lastCase()}`);
      resolve(code ?? 1);
    });
  });
}

function lastCase() {
  try {
    return readFileSync(note, 'utf8');
  } catch {
    return 'none';
  }
}

const end = Date.now() + 60_000 * Number(minutes);
try {
  for (;;) {
    const number = Number(seed ?? Math.floor(Math.random() * 2 ** 31));
    console.log(`seed ${number}`);
    process.exitCode = await round(number);
    if (process.exitCode !== 0 || seed !== undefined || Date.now() > end) break;
  }
} finally {
  rmSync(folder, { recursive: true });
}
