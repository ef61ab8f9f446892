import { bytes, compact, integer, percent, scoreText } from '../format.ts';
import type { Proof, ResultRow } from '../events.ts';
import { columns, readableRows } from '../table.ts';
import { proofText } from '../proofText.ts';
import { sameGenome } from '../view.ts';
import type { SessionView } from '../view.ts';
import { html } from './html.ts';
import type { Markup, Part } from './html.ts';
import { table } from './table.ts';

/** What came out, in a few large numbers; null where nothing was chosen and measured. */
export function outcome(view: SessionView): Markup | null {
  const row = view.results.findLast((each) => isChosen(each, view));
  if (!row) return null;
  return html`<ul class="dials">
    ${[scoreDial(row, view), loraDial(row, view), costDial(row, view), ...sizeDials(row)].map(dial)}
  </ul>`;
}

const isChosen = ({ tag, genome }: ResultRow, { chosen }: SessionView): boolean =>
  chosen !== null && (tag === 'chosen' || tag === 'best') && sameGenome(genome, chosen.genome);

type Dial = readonly [term: string, value: string, about: string];

const dial = (given: Dial | null): Markup | null =>
  given && html`<li><span>${given[0]}</span><strong>${given[1]}</strong><small>${given[2]}</small></li>`;

function scoreDial(row: ResultRow, { metric }: SessionView): Dial {
  const interval =
    row.interval && metric === 'accuracy'
      ? `${row.interval.map((bound) => (bound * 100).toFixed(1)).join('–')} (95 %), `
      : '';
  const title = metric === 'accuracy' ? 'Accuracy' : 'Perplexity';
  return [title, scoreText(row.score, metric), `${interval}${integer(row.examples)} test examples`];
}

function loraDial(row: ResultRow, { results, metric }: SessionView): Dial | null {
  const lora = results.find(({ tag }) => tag === 'lora');
  if (!lora || lora.score <= 0) return null;
  return ['Of plain LoRA', percent(row.score / lora.score), `which has ${scoreText(lora.score, metric)}`];
}

function costDial({ macsPerToken }: ResultRow, { maximalMacs }: SessionView): Dial {
  const share = maximalMacs > 0 ? `${percent(macsPerToken / maximalMacs, 0)} of the largest sub-network` : '';
  return ['MACs a token', compact(macsPerToken), share];
}

function sizeDials(row: ResultRow): (Dial | null)[] {
  return [
    [
      'Non-zero params',
      compact(row.nonZeroParameters),
      `of ${compact(row.totalParameters)}, ${row.precision}`,
    ],
    row.bytes === null ? null : ['Exported weights', bytes(row.bytes), `${percent(row.sparsity)} zeros`],
    row.speedup === null
      ? null
      : ['Speed', `${row.speedup.toFixed(2)} ×`, 'tokens a second over the original’s, on this device'],
  ];
}

/** The paper's columns, and the proof of the merge. */
export function resultsSection(view: SessionView): Markup | null {
  const rows = readableRows(view);
  if (rows.length === 0) return null;
  const shown = columns(view.metric, rows);
  return html`<section>
    <h2>Results</h2>
    <p class="soft">
      Measured on the test split, which neither training nor the search has seen. Columns as in the papers.
    </p>
    ${table(
      'Results',
      shown.map((column) => html`<abbr title="${column.about}">${column.title}</abbr>`),
      rows.map((row) => ({
        cells: shown.map((column): Part => column.text(row)),
        stress: isChosen(row, view) ? 'chosen' : '',
      })),
    )}
    ${proof(view.proof)}
  </section>`;
}

const proof = (given: Proof | null): Markup =>
  given
    ? html`<p class="${given.holds ? 'proof' : 'proof failed'}">
        <b aria-hidden="true">${given.holds ? '✓' : '✗'}</b> ${proofText(given)}
      </p>`
    : html`<p class="soft">No proof of merge: the model was not exported in this session.</p>`;
