import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const script = 'dist-cli/main.js';

/** The headless runner, as built: `pare('inspect', folder)`. Gives what `--json` prints. */
export async function pare<T>(...args: string[]): Promise<T> {
  const { stdout } = await execute('node', [script, ...args, '--json'], { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout) as T;
}

export interface Ended {
  /** Exit status; null: ended by a signal. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The same, however it ends. `input` is its standard input; Ctrl-C is pressed once `interrupt` says so of what is on standard error. */
export function tryPare(
  args: readonly string[],
  { input = '', interrupt }: { input?: string; interrupt?: (stderr: string) => boolean } = {},
): Promise<Ended> {
  const child = spawn('node', [script, ...args]);
  let [stdout, stderr, interrupted] = ['', '', false];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (!interrupted && interrupt?.(stderr)) interrupted = child.kill('SIGINT');
  });
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}
