import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** The headless runner, as built: `pare('inspect', folder)`. Gives what `--json` prints. */
export async function pare<T>(...args: string[]): Promise<T> {
  const { stdout } = await execute('node', ['dist-cli/main.js', ...args, '--json'], { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout) as T;
}
