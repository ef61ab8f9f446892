import type { SessionEvent } from '../events.ts';
import type { Recipe } from '../recipe.ts';
import { viewOf } from '../reduce.ts';
import type { SessionView } from '../view.ts';
import { hypervolumeFigure, lossFigure } from './curveFigures.ts';
import { frontFigure } from './frontFigure.ts';
import { genesFigure, importanceFigure } from './geneFigures.ts';
import { html } from './html.ts';
import type { Markup } from './html.ts';
import { outcome, resultsSection } from './outcome.ts';
import {
  dateText,
  environmentSection,
  inputsSection,
  recipeSection,
  reproduceSection,
} from './provenance.ts';
import { style, styleHash } from './style.ts';

export interface ReportExtras {
  /** ISO date and time. */
  readonly generated: string;
  /** The share link, whole address included; null where the session does not fit into one. */
  readonly link: string | null;
  /** The method as people call it, and its recipe as preset, to tell what was changed. */
  readonly preset?: { readonly label: string; readonly recipe: Recipe } | null;
  /** Of Pare. */
  readonly version?: string | null;
}

/**
 * A session as one HTML file for those who have no Pare: charts, tables, recipe, environment, fingerprints and proof of
 * merge. It holds no script and loads nothing; all that came from outside is escaped (`html.ts`).
 */
export function reportHtml(session: SessionView | readonly SessionEvent[], extras: ReportExtras): string {
  const view = 'points' in session ? session : viewOf(session);
  const { preset = null, version = null } = extras;
  const title = titleOf(view, preset?.label);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src '${styleHash}'; base-uri 'none'; form-action 'none'"
        />
        <meta name="referrer" content="no-referrer" />
        <meta name="generator" content="Pare" />
        <title>${title}</title>
        ${style}
      </head>
      <body>
        <header>
          <p class="brand">Pare report</p>
          <h1>${title}</h1>
          <p class="soft">${subtitle(view)}</p>
        </header>
        <main>
          ${problem(view)} ${outcome(view)} ${frontSection(view)} ${resultsSection(view)}
          ${chosenSection(view)} ${recipeSection(view.recipe, preset?.recipe ?? null)} ${inputsSection(view)}
          ${environmentSection(view, { generated: extras.generated, version })}
          ${reproduceSection(view, extras.link)}
        </main>
        <footer>
          <p>Made by Pare on the device named above. Weights and the text of the data are not part of it.</p>
        </footer>
      </body>
    </html> `.text;
}

const titleOf = ({ model, recipe, data }: SessionView, label: string | undefined): string =>
  model && recipe
    ? `${model.name}: ${label ?? recipe.method} on ${data?.name ?? 'no data'}`
    : 'An empty session';

function subtitle({ date, status, points, front, recipe }: SessionView): string {
  if (!recipe) return 'Nothing has run in it.';
  return [
    dateText(date),
    status,
    `${points.length} models scored`,
    `${front.length} on the front`,
    `seed ${recipe.seed}`,
  ].join(' · ');
}

const problem = ({ error }: SessionView): Markup | null =>
  error && html`<p class="proof failed">The run failed: ${error.message} ${error.remedy}</p>`;

function frontSection(view: SessionView): Markup | null {
  const [front, hypervolume, loss] = [frontFigure(view), hypervolumeFigure(view), lossFigure(view)];
  if (!front && !hypervolume && !loss) return null;
  return html`<section>
    <h2>Search</h2>
    ${front}
    <div class="beside">${[hypervolume, loss]}</div>
  </section>`;
}

function chosenSection(view: SessionView): Markup | null {
  const [genes, importance] = [genesFigure(view), importanceFigure(view)];
  if (!genes && !importance) return null;
  return html`<section>
    <h2>Where the model was cut</h2>
    ${genes} ${importance}
  </section>`;
}
