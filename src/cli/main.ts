import type { Backend } from '../backends/backend.ts';
import { PareError } from '../lib/assert.ts';
import { helpText, readArguments, usage } from './arguments.ts';
import { evaluate, inspect, logits, type Command } from './commands.ts';
import { compare } from './compare-command.ts';
import { backendOf, release } from './inputs.ts';
import { run } from './run-command.ts';

const commands: Record<string, Command> = { inspect, logits, eval: evaluate, run, compare };

/** The headless runner: one command, its result on standard output, everything else on standard error. */
async function main(): Promise<number> {
  let backend: Backend | null = null;
  try {
    const { flags, command, subjects } = readArguments(process.argv.slice(2));
    if (flags.help || !command) {
      process.stdout.write(helpText);
      return command || flags.help ? 0 : 2;
    }
    const chosen = Object.hasOwn(commands, command) ? commands[command] : undefined;
    if (!chosen) throw usage(`There is no command ${command}.`);
    const result = await chosen(flags, subjects, async () => (backend ??= await backendOf(flags)));
    const text =
      typeof result === 'string' ? result : `${JSON.stringify(result, null, flags.json ? 0 : 2)}\n`;
    process.stdout.write(text);
    return 0;
  } catch (error) {
    const { message, remedy } =
      error instanceof PareError ? error : { message: String((error as Error).stack ?? error), remedy: '' };
    process.stderr.write(`${message}\n${remedy}\n`);
    return error instanceof PareError && error.code === 'usage' ? 2 : 1;
  } finally {
    release(backend);
  }
}

process.exitCode = await main();
