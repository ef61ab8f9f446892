/** Cells of the tables that are copied elsewhere. What is in them came from outside: names, labels, files. */

/** RFC 4180; a text that a spreadsheet would run as a formula is given an apostrophe. */
export function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csvText = (lines: readonly (readonly (string | number)[])[]): string =>
  `${lines.map((cells) => cells.map(csvCell).join(',')).join('\r\n')}\r\n`;

/** A name may hold anything; it must neither end the cell nor become HTML where the table is pasted. */
export const markdownText = (text: string): string =>
  text.replace(/[\r\n]+/g, ' ').replace(/[\\|`*_[\]<>]/g, (character) => `\\${character}`);

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** The first column is text, the others are numbers and stand to the right. */
export function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = line(titles.map((_, index) => (index ? '--:' : '---')));
  const body = rows.map((cells) => line(cells.map(markdownText)));
  return `${[line(titles.map(markdownText)), rule, ...body].join('\n')}\n`;
}
