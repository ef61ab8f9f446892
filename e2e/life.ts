import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A line on standard error without its time, and when it came, in milliseconds after the start of the process. */
export interface Said {
  readonly text: string;
  readonly at: number;
}

/** One process of the headless runner, from its start to its end. */
export interface Life {
  readonly killed: boolean;
  readonly milliseconds: number;
  readonly lines: readonly Said[];
  /** It ended in the middle of writing a file: a part of one is left. */
  readonly writing: boolean;
}

/** When a life is to end. */
export interface Death {
  /** Milliseconds after a line with this text, or `recovered`; null: after the start. */
  readonly after: string | null;
  readonly delay: number;
  /** At the latest when this is said. */
  readonly before: string | null;
  /** Not before a file is being written, and then so many milliseconds later. */
  readonly intoWriting: number | null;
}

/** Runs the headless runner on a folder, to its own end (which must be a good one) or to the given one. */
export function live(args: readonly string[], folder: string, death: Death | null): Promise<Life> {
  const began = performance.now();
  const child = spawn('node', [...args, '--out', folder], { stdio: ['ignore', 'ignore', 'pipe'] });
  const lines: Said[] = [];
  const raw: string[] = [];
  let killed = false;
  const kill = () => (killed = child.kill('SIGKILL'));
  const timers: NodeJS.Timeout[] = [];
  const begin = ({ delay, intoWriting }: Death) =>
    timers.push(setTimeout(() => (intoWriting === null ? kill() : killWriting(intoWriting)), delay));
  const killWriting = (after: number) =>
    timers.push(
      setInterval(() => {
        if (partsIn(folder) > 0) timers.push(setTimeout(kill, after));
      }, 1),
    );
  let doomed = death?.after === null;
  if (death && doomed) begin(death);
  createInterface({ input: child.stderr }).on('line', (line) => {
    raw.push(line);
    const text = /^ *[\d.]+ s {2}(.*)$/.exec(line)?.[1];
    if (text === undefined) return;
    lines.push({ text, at: performance.now() - began });
    if (text === death?.before) kill();
    if (!death || doomed || !(text === death.after || text.startsWith('recovered'))) return;
    doomed = true;
    begin(death);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      for (const timer of timers) clearInterval(timer);
      const milliseconds = performance.now() - began;
      if (code === null && killed) resolve({ killed, milliseconds, lines, writing: partsIn(folder) > 0 });
      else if (code === 0) resolve({ killed: false, milliseconds, lines, writing: false });
      else reject(new Error(`${args.join(' ')} ended with ${code}:\n${raw.slice(-20).join('\n')}`));
    });
  });
}

function partsIn(folder: string): number {
  const parts = join(folder, '.parts');
  return existsSync(parts) ? readdirSync(parts).length : 0;
}
