/** Tables in JSON: an object a line, an array of objects, or an object whose `data` is one. */
import { positionOf, scanJson } from '../formats/json.ts';
import { cellOf } from './cells.ts';
import type { Table } from './data.ts';
import { dataProblem } from './errors.ts';

const remedy = 'Correct or delete that line, then open the file again.';

/** An object of named cells and the line it starts on. */
interface Numbered {
  readonly record: Record<string, unknown>;
  readonly line: number;
}

/** One JSON object a line; blank lines are passed over. */
export function parseJsonLines(text: string, file: string): Table {
  const records: Numbered[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    records.push({ record: requireRecord(parseAt(line, file, index + 1), file, index + 1), line: index + 1 });
  }
  return tableOf(records, file);
}

/** A JSON document; one that is really JSON lines under another name is read as such. */
export function parseJsonData(text: string, file: string): Table {
  if (isJsonLines(text)) return parseJsonLines(text, file);
  const list = listOf(parseAt(text, file, 1));
  if (!list)
    throw dataProblem(file, 1, 'neither an array of objects nor an object with an array "data"', remedy);
  const lines = elementLines(text);
  return tableOf(
    list.map((value, i) => ({ record: requireRecord(value, file, lines[i] ?? 1, i), line: lines[i] ?? 1 })),
    file,
  );
}

function isJsonLines(text: string): boolean {
  const [first = '', ...rest] = text.trim().split('\n', 2);
  return rest.length > 0 && first.startsWith('{') && scanJson(first) === null;
}

function listOf(value: unknown): unknown[] | null {
  if (Array.isArray(value)) return value;
  const data = isRecord(value) ? value['data'] : undefined;
  return Array.isArray(data) ? data : null;
}

/** Parses, or names the line (counting from `firstLine`) of the first error. */
function parseAt(text: string, file: string, firstLine: number): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    const found = scanJson(text) ?? { offset: 0, problem: 'this is not JSON' };
    const { line, column } = positionOf(text, found.offset);
    throw dataProblem(file, firstLine + line - 1, `column ${column}: ${found.problem}`, remedy);
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function requireRecord(value: unknown, file: string, line: number, index?: number): Record<string, unknown> {
  if (isRecord(value)) return value;
  const which = index === undefined ? 'this' : `element ${index}`;
  throw dataProblem(file, line, `${which} is not an object with named fields`, remedy);
}

function tableOf(records: readonly Numbered[], file: string): Table {
  const columns = [...new Set(records.flatMap(({ record }) => Object.keys(record)))];
  if (columns.length === 0) throw dataProblem(file, 1, 'there is no example in the file', remedy);
  return {
    kind: 'table',
    columns,
    rows: records.map(({ record, line }) => columns.map((column) => cellIn(record, column, file, line))),
    lines: records.map(({ line }) => line),
  };
}

function cellIn(record: Record<string, unknown>, column: string, file: string, line: number): string {
  try {
    return cellOf(Object.hasOwn(record, column) ? record[column] : null);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw dataProblem(file, line, `the field "${column.slice(0, 60)}" is nested too deeply`, remedy);
  }
}

/** The line on which each element of the list starts. Only for text that is known to be valid. */
function elementLines(text: string): number[] {
  const lines: number[] = [];
  const begin = /^\s*\[/.test(text) ? 0 : text.search(/"data"\s*:\s*\[/) + '"data"'.length;
  let { line } = positionOf(text, begin);
  let depth = 0;
  let awaited = false;
  const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[^\s,:[\]{}"]+|[,[\]{}\n]/g;
  tokens.lastIndex = begin;
  for (let token = tokens.exec(text)?.[0]; token !== undefined; token = tokens.exec(text)?.[0]) {
    const closes = token === '}' || token === ']';
    if (awaited && token !== '\n' && !closes) {
      lines.push(line);
      awaited = false;
    }
    if (token === '\n') line++;
    else if (token === '{' || token === '[') depth++;
    else if (closes && --depth === 0) break;
    if (depth === 1 && (token === ',' || lines.length === 0)) awaited = true;
  }
  return lines;
}
