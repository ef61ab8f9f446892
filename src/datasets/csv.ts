/** CSV as RFC 4180 has it: quoted cells may hold separators, doubled quotes and line breaks. The first record is the header. */
import type { Table } from './data.ts';
import { dataProblem } from './errors.ts';

interface Cursor {
  readonly text: string;
  readonly file: string;
  readonly separator: string;
  at: number;
  line: number;
}

export function parseCsv(text: string, file: string, separator: ',' | '\t'): Table {
  const cursor: Cursor = { text, file, separator, at: 0, line: 1 };
  const rows: string[][] = [];
  const lines: number[] = [];
  while (cursor.at < text.length) {
    const line = cursor.line;
    const row = readRecord(cursor);
    if (row.length === 1 && row[0] === '') continue;
    rows.push(row);
    lines.push(line);
  }
  const columns = requireHeader(rows.shift(), file, lines.shift() ?? 1);
  for (const [i, row] of rows.entries()) requireWidth(row, columns, file, lines[i] ?? 1);
  if (rows.length === 0)
    throw dataProblem(file, cursor.line, 'there is no row after the header', 'Add examples to the file.');
  return { kind: 'table', columns, rows, lines };
}

function readRecord(cursor: Cursor): string[] {
  const row: string[] = [];
  for (;;) {
    row.push(cursor.text[cursor.at] === '"' ? readQuoted(cursor) : readPlain(cursor));
    if (cursor.text[cursor.at] !== cursor.separator) break;
    cursor.at++;
  }
  if (cursor.text.startsWith('\r\n', cursor.at)) cursor.at++;
  if (cursor.at < cursor.text.length) {
    cursor.at++;
    cursor.line++;
  }
  return row;
}

/** Up to the next separator or line end. */
function readPlain(cursor: Cursor): string {
  const start = cursor.at;
  const { text, separator } = cursor;
  while (cursor.at < text.length && text[cursor.at] !== separator && text[cursor.at] !== '\n') cursor.at++;
  const cell = text.slice(start, cursor.at);
  if (!cell.endsWith('\r')) return cell;
  if (text[cursor.at] === '\n') cursor.at--;
  return cell.slice(0, -1);
}

function readQuoted(cursor: Cursor): string {
  const { text, file } = cursor;
  const firstLine = cursor.line;
  let cell = '';
  for (;;) {
    const close = text.indexOf('"', cursor.at + 1);
    if (close === -1)
      throw dataProblem(
        file,
        firstLine,
        'a quote is opened and never closed',
        'Close it, or double it ("") inside a cell.',
      );
    const part = text.slice(cursor.at + 1, close);
    cursor.line += part.split('\n').length - 1;
    cell += part;
    cursor.at = close + 1;
    if (text[cursor.at] !== '"') break;
    cell += '"';
  }
  const next = text[cursor.at];
  if (next === undefined || next === cursor.separator || next === '\n' || text.startsWith('\r\n', cursor.at))
    return cell;
  throw dataProblem(
    file,
    cursor.line,
    'there is text after a closing quote',
    'Double quotes ("") inside a quoted cell.',
  );
}

function requireHeader(header: string[] | undefined, file: string, line: number): string[] {
  const columns = (header ?? []).map((name) => name.trim());
  const problem = columns.includes('')
    ? 'a column has no name'
    : new Set(columns).size < columns.length && 'two columns have the same name';
  if (columns.length > 0 && !problem) return columns;
  throw dataProblem(
    file,
    line,
    problem || 'there is no header',
    'Put the names of the columns into the first line.',
  );
}

function requireWidth(row: readonly string[], columns: readonly string[], file: string, line: number): void {
  if (row.length === columns.length) return;
  const remedy = 'Quote cells that hold a separator, and give every row the same cells as the header.';
  throw dataProblem(file, line, `${row.length} cells, but the header has ${columns.length}`, remedy);
}
