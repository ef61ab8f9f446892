import { version } from '../../package.json';
import type { SessionEvent } from '../session/events.ts';
import { reportHtml } from '../session/report/report.ts';
import type { ReportExtras } from '../session/report/report.ts';
import { viewOf } from '../session/reduce.ts';
import { presets } from './presets.ts';

/** The report of a session, beside the preset of its method; both the page and the headless runner write it so. */
export function sessionReport(
  log: readonly SessionEvent[],
  extras: Pick<ReportExtras, 'generated' | 'link'>,
): string {
  const view = viewOf(log);
  const preset = view.recipe && presets[view.recipe.method];
  return reportHtml(view, {
    ...extras,
    version,
    preset: preset && { label: preset.label, recipe: preset.recipe(view.recipe?.task ?? 'exact') },
  });
}
