import { groupImportance, isNoise } from '../../search/importance.ts';
import { geneGrid } from '../genes.ts';
import type { GeneCell, GeneRow } from '../genes.ts';
import { compact } from '../format.ts';
import type { SessionView } from '../view.ts';
import { html } from './html.ts';
import type { Markup } from './html.ts';
import { at } from './plot.ts';
import { figure, tableTwin } from './table.ts';

/** More columns would be slivers; the table has all. */
const mostLayers = 64;
const cellHeight = 34;
const labelWidth = 150;
const gridWidth = 610;

/** What the chosen sub-network keeps of each layer. */
export function genesFigure({ groups, chosen }: SessionView): Markup | null {
  if (groups.length === 0 || !chosen) return null;
  const rows = geneGrid(groups, chosen.genome);
  const layers = rows[0]?.cells.length ?? 0;
  const name = 'Genes of the chosen sub-network';
  const twin = tableTwin(
    name,
    ['Gene', ...Array.from({ length: layers }, (_, layer) => `Layer ${layer}`)],
    rows.map((row) => [row.label, ...row.cells.map((cell) => cellText(row, cell))]),
  );
  return figure(name, grid(name, rows, Math.min(mostLayers, layers)), twin);
}

function cellText({ kind }: GeneRow, cell: GeneCell | null): string {
  if (!cell) return '–';
  if (kind === 'block') return cell.value > 0 ? 'kept' : 'removed';
  return `${cell.value} of ${Math.max(...cell.group.choices)}`;
}

function grid(name: string, rows: readonly GeneRow[], layers: number): Markup {
  const width = Math.min(84, gridWidth / Math.max(1, layers));
  const height = rows.length * cellHeight;
  return html`<svg viewBox="0 0 ${labelWidth + gridWidth} ${height + 20}" role="img" aria-label="${name}">
    ${rows.map(
      (row, index) =>
        html`<text class="tick" x="0" y="${index * cellHeight + 20}">${shortened(row.label)}</text>
          ${row.cells.slice(0, layers).map((cell, layer) => bar(row, cell, labelWidth + layer * width, index * cellHeight, width - 3))}`,
    )}
    ${Array.from({ length: layers }, (_, layer) => (layers <= 16 || layer % 4 === 0) && html`<text class="tick" text-anchor="middle" x="${at(labelWidth + (layer + 0.5) * width)}" y="${height + 12}">${layer}</text>`)}
  </svg> `;
}

/** As much as fits before the first column. */
const shortened = (label: string): string => (label.length > 22 ? `${label.slice(0, 21)}…` : label);

function bar(row: GeneRow, cell: GeneCell | null, x: number, y: number, width: number): Markup | null {
  if (!cell) return null;
  const height = cellHeight - 6;
  const filled = height * cell.fraction;
  const text = row.kind === 'block' ? (cell.value > 0 ? '✓' : '✕') : String(cell.value);
  return html`<rect class="gene-room" x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${height}" />
    <rect
      class="gene"
      x="${at(x)}"
      y="${at(y + height - filled)}"
      width="${at(width)}"
      height="${at(filled)}"
    />
    ${width >= 26 && html`<text class="gene-text" text-anchor="middle" x="${at(x + width / 2)}" y="${at(y + height / 2 + 4)}">${text}</text>`}`;
}

/** Fewer scored sub-networks say nothing about any gene. */
const fewestPoints = 8;
const mostBars = 12;
const barHeight = 22;

/** Which genes the score hangs on, from all that the search has scored. */
export function importanceFigure({ groups, points }: SessionView): Markup | null {
  if (groups.length === 0 || points.length < fewestPoints) return null;
  const labels = new Map(
    geneGrid(groups, []).flatMap(({ label, cells }) =>
      cells.flatMap((cell) =>
        cell ? ([[cell.group.id, `layer ${cell.group.layer}, ${label}`]] as const) : [],
      ),
    ),
  );
  const found = groupImportance(groups, points)
    .map((each) => ({ ...each, label: labels.get(each.id) ?? each.id, noise: isNoise(each) }))
    .toSorted((a, b) => Math.abs(b.score) - Math.abs(a.score));
  const name = 'Gene importance';
  const twin = tableTwin(
    name,
    ['Gene', 'Score, points', '± 2 errors', 'MACs', 'Reading'],
    found.map((each) => [
      each.label,
      pointsText(each.score),
      (each.error * 200).toFixed(1),
      compact(each.macs),
      each.noise ? 'may be noise' : 'clear',
    ]),
  );
  const about = html`<p class="soft">
    Points of the score that a gene is worth, from its smallest to its largest choice. Lines are ± 2 standard
    errors; grey may be noise.
  </p>`;
  return figure(name, bars(name, found.slice(0, mostBars)), twin, about);
}

interface Bar {
  readonly label: string;
  readonly score: number;
  readonly error: number;
  readonly noise: boolean;
}

const pointsText = (score: number): string => `${score < 0 ? '−' : '+'}${Math.abs(score * 100).toFixed(1)}`;

function bars(name: string, shown: readonly Bar[]): Markup {
  const [left, width] = [190, 490];
  const ends = shown.flatMap(({ score, error }) => [score - 2 * error, score + 2 * error]);
  const low = ends.reduce((least, end) => Math.min(least, end), 0);
  const span = ends.reduce((most, end) => Math.max(most, end), 0) - low || 1;
  const place = (value: number) => at(left + ((value - low) / span) * width);
  const height = shown.length * barHeight;
  return html`<svg viewBox="0 0 760 ${height}" role="img" aria-label="${name}">
    <path class="axis" d="M${place(0)} 0V${height}" />
    ${shown.map(({ label, score, error, noise }, index) => {
      const middle = index * barHeight + barHeight / 2;
      const kind = noise ? 'bar noise' : score < 0 ? 'bar negative' : 'bar';
      return html`<text class="tick" text-anchor="end" x="${left - 10}" y="${middle + 4}">
          ${shortened(label)}
        </text>
        <rect
          class="${kind}"
          x="${Math.min(place(0), place(score))}"
          y="${middle - 6}"
          width="${at(Math.abs(place(score) - place(0)))}"
          height="12"
        />
        <path class="whisker" d="M${place(score - 2 * error)} ${middle}H${place(score + 2 * error)}" />
        <text class="tick" text-anchor="end" x="752" y="${middle + 4}">${pointsText(score)}</text>`;
    })}
  </svg>`;
}
