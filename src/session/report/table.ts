import { html } from './html.ts';
import type { Markup, Part } from './html.ts';

/** A row's cells; the first is its heading. */
export interface TableRow {
  readonly cells: readonly Part[];
  /** A CSS class that stresses the row. */
  readonly stress?: string;
}

export const table = (name: string, head: readonly Part[], rows: readonly TableRow[]): Markup =>
  html`<div class="scroll" tabindex="0" role="group" aria-label="${name}">
    <table aria-label="${name}">
      <thead>
        <tr>
          ${head.map((cell) => html`<th scope="col">${cell}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(tableRow)}
      </tbody>
    </table>
  </div> `;

const tableRow = ({ cells: [first = null, ...others], stress = '' }: TableRow): Markup =>
  html`<tr class="${stress}">
    <th scope="row">${first}</th>
    ${others.map((cell) => html`<td>${cell}</td>`)}
  </tr> `;

/** The table twin of a chart, folded away. */
export const tableTwin = (
  chart: string,
  head: readonly Part[],
  rows: readonly (readonly Part[])[],
  note: string | null = null,
): Markup =>
  html`<details>
    <summary>${chart} data</summary>
    ${note && html`<p class="soft">${note}</p>`}
    ${table(
      `${chart} data`,
      head,
      rows.map((cells) => ({ cells })),
    )}
  </details> `;

/** A drawing under its title and what explains it, with its table. */
export const figure = (chart: string, drawing: Markup, twin: Markup, about: Markup | null = null): Markup =>
  html`<figure>
    <figcaption>${chart}</figcaption>
    ${about}
    <div class="drawing" tabindex="0" role="group" aria-label="${chart}, drawn">${drawing}</div>
    ${twin}
  </figure> `;

/** Terms and what they are, beside each other. */
export const facts = (pairs: readonly (readonly [term: string, value: Part])[]): Markup =>
  html`<dl class="facts">
    ${pairs.map(
      ([term, value]) =>
        html`<div>
          <dt>${term}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl> `;
