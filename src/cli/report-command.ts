import { writeFile } from 'node:fs/promises';
import { presets } from '../recipes/presets.ts';
import type { EventOf } from '../session/events.ts';
import { reportHtml } from '../session/report/report.ts';
import { usage } from './arguments.ts';
import type { Command } from './commands.ts';
import { linkOrNull } from './run-summary.ts';
import { withSession } from './session-input.ts';

/** A session as one HTML file. */
export const report: Command = (flags, [subject]) => {
  const { out } = flags;
  if (!out) throw usage('--out is missing: the file that the report is written to (.html).');
  return withSession(subject, async ({ log }) => {
    const { recipe } = log[0] as EventOf<'started'>;
    const preset = presets[recipe.method];
    const html = reportHtml(log, {
      generated: new Date().toISOString(),
      link: linkOrNull(log, flags),
      preset: { label: preset.label, recipe: preset.recipe(recipe.task) },
    });
    await writeFile(out, html);
    return { report: out, bytes: Buffer.byteLength(html) };
  });
};
