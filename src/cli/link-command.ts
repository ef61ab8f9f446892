import type { Command } from './commands.ts';
import { linkOf } from './run-summary.ts';
import { withSession } from './session-input.ts';

/** The share link of a session. What had to be left out of it is said on standard error. */
export const link: Command = (flags, [subject]) =>
  withSession(subject, async ({ log }) => {
    const made = linkOf(log, flags);
    if (flags.json) return made;
    if (made.notice) process.stderr.write(`${made.notice}\n`);
    return `${made.link}\n`;
  });
