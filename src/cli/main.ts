import { PareError } from '../lib/assert.ts';
import { helpText, readArguments, usage } from './arguments.ts';
import { evaluate, inspect, logits, type Command } from './commands.ts';
import { compare } from './compare-command.ts';
import { continueRun } from './continue-command.ts';
import { Devices } from './devices.ts';
import { exportSession } from './export-command.ts';
import { link } from './link-command.ts';
import { Unsuccessful } from './outcome.ts';
import { report } from './report-command.ts';
import { reproduce } from './reproduce-command.ts';
import { run } from './run-command.ts';
import { verify } from './verify-command.ts';

const commands: Record<string, Command> = {
  inspect,
  logits,
  eval: evaluate,
  run,
  continue: continueRun,
  export: exportSession,
  verify,
  reproduce,
  compare,
  link,
  report,
};

/** The headless runner: one command, its result on standard output, everything else on standard error. */
async function main(): Promise<number> {
  let devices: Devices | null = null;
  try {
    const { flags, command, subjects } = readArguments(process.argv.slice(2));
    if (flags.help || !command) {
      process.stdout.write(helpText);
      return command || flags.help ? 0 : 2;
    }
    const chosen = Object.hasOwn(commands, command) ? commands[command] : undefined;
    if (!chosen) throw usage(`There is no command ${command}.`);
    devices = new Devices(flags);
    const outcome = await chosen(flags, subjects, devices);
    const failed = outcome instanceof Unsuccessful;
    const result = failed ? outcome.result : outcome;
    const text =
      typeof result === 'string' ? result : `${JSON.stringify(result, null, flags.json ? 0 : 2)}\n`;
    process.stdout.write(text);
    return failed ? 1 : 0;
  } catch (error) {
    const { message, remedy } =
      error instanceof PareError ? error : { message: String((error as Error).stack ?? error), remedy: '' };
    process.stderr.write(`${message}\n${remedy}\n`);
    return error instanceof PareError && error.code === 'usage' ? 2 : 1;
  } finally {
    devices?.close();
  }
}

process.exitCode = await main();
