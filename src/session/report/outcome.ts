import { againstOriginal } from '../againstOriginal.ts';
import type { AgainstOriginal } from '../againstOriginal.ts';
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
  const beside = againstOriginal(row, view);
  const dials = [
    scoreDial(row, view, beside),
    costDial(row, view, beside),
    ...sizeDials(row, beside),
    loraDial(row, view),
  ];
  return html`${beside?.verdict === 'worse' && html`<p class="proof failed">The chosen model is worse than the untuned model: ${beside.text}.</p>`}
    <ul class="dials">
      ${dials.map(dial)}
    </ul>`;
}

const isChosen = ({ tag, genome }: ResultRow, { chosen }: SessionView): boolean =>
  chosen !== null && (tag === 'chosen' || tag === 'best') && sameGenome(genome, chosen.genome);

type Dial = readonly [term: string, value: string, about: string];

const dial = (given: Dial | null): Markup | null =>
  given && html`<li><span>${given[0]}</span><strong>${given[1]}</strong><small>${given[2]}</small></li>`;

function scoreDial(row: ResultRow, { metric }: SessionView, beside: AgainstOriginal | null): Dial {
  const interval =
    row.interval && metric === 'accuracy'
      ? `${row.interval.map((bound) => (bound * 100).toFixed(1)).join('–')} (95 %), `
      : '';
  const title = metric === 'accuracy' ? 'Accuracy' : 'Perplexity';
  const measured = `${interval}${integer(row.examples)} test examples`;
  return [title, scoreText(row.score, metric), [beside?.text, measured].filter(Boolean).join('; ')];
}

function loraDial(row: ResultRow, { results, metric }: SessionView): Dial | null {
  const lora = results.find(({ tag }) => tag === 'lora');
  if (!lora || lora.score <= 0) return null;
  return ['Of plain LoRA', percent(row.score / lora.score), `which has ${scoreText(lora.score, metric)}`];
}

function costDial({ macsPerToken }: ResultRow, view: SessionView, beside: AgainstOriginal | null): Dial {
  const [whole, what] = beside
    ? [beside.original.macsPerToken, 'the untuned original’s']
    : [view.maximalMacs, 'the largest sub-network’s'];
  const share = whole > 0 ? `${percent(macsPerToken / whole, 0)} of ${what}` : '';
  return ['MACs a token', compact(macsPerToken), share];
}

function sizeDials(row: ResultRow, beside: AgainstOriginal | null): (Dial | null)[] {
  const originally = beside ? `the original has ${compact(beside.original.nonZeroParameters)}; ` : '';
  return [
    [
      'Non-zero params',
      compact(row.nonZeroParameters),
      `${originally}of ${compact(row.totalParameters)} in all, ${row.precision}`,
    ],
    row.bytes === null ? null : ['Exported weights', bytes(row.bytes), `${percent(row.sparsity)} zeros`],
    row.speedup === null
      ? null
      : [
          'Speed',
          `${row.speedup.toFixed(2)} ×`,
          'the original’s tokens a second; measured on the run’s device, varies',
        ],
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
