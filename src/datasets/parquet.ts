/**
 * Parquet as Hugging Face writes it: columns of texts, numbers, lists and structs, Snappy inside. `hyparquet` decodes;
 * what it allocates by is checked against the file first. Cells become texts as JSON data's do: lists and structs as JSON.
 */
import type { AsyncBuffer, FileMetaData, parquetRead } from 'hyparquet';
import { PareError } from '../lib/assert.ts';
import { cellOf } from './cells.ts';
import type { Table } from './data.ts';
import { checkGroup, mostValues, tableTooLarge } from './parquet-check.ts';
import { decompressSnappy } from './snappy.ts';
import { readThrift } from './thrift.ts';

/** `PAR1`, at both ends of the file. */
const magic = [0x50, 0x41, 0x52, 0x31];
/** Texts of all cells together, in characters. */
const mostText = 2 ** 29;
const mostFooter = 2 ** 24;

export const isParquet = (bytes: Uint8Array): boolean => magic.every((byte, i) => bytes[i] === byte);

/** Reads all of a Parquet file. `file` names it in errors. */
export async function parseParquet(bytes: Uint8Array<ArrayBuffer>, file: string): Promise<Table> {
  // Most data are no Parquet, and the page need not carry the reader for them.
  const { parquetMetadata, parquetRead: read, parquetSchema } = await import('hyparquet');
  const metadata = namingErrors(`${file}: the footer`, () => {
    checkFooter(bytes);
    return parquetMetadata(bytes, { geoparquet: false });
  });
  const columns = namingErrors(`${file}: the footer`, () =>
    parquetSchema(metadata).children.map(({ element }) => element.name),
  );
  requireColumns(columns, file);
  const rows: string[][] = [];
  let text = 0;
  for (const [index, count] of groupsOf(metadata, columns, file).entries()) {
    const cells = Array.from({ length: count }, (): string[] => []);
    for (const column of columns) {
      const place = `${file}, row group ${index + 1}, column "${column}"`;
      const values = await readColumn(read, { metadata, bytes, index, column, begin: rows.length, count });
      if (values instanceof PareError)
        throw new PareError(values.code, `${place}: ${values.message}`, values.remedy);
      if (values instanceof Error) throw malformed(place, values);
      cells.forEach((cell, row) => {
        cell.push(values[row]!);
        text += values[row]!.length;
      });
      if (text > mostText) throw tableTooLarge(file, `texts of more than ${mostText} characters`);
    }
    for (const row of cells) rows.push(row);
  }
  if (rows.length === 0) throw empty(file);
  return { kind: 'table', columns, rows, lines: rows.map((_, i) => i + 1), unit: 'row' };
}

interface ColumnPlace {
  readonly metadata: FileMetaData;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Row group, its first row in the file, and its rows. */
  readonly index: number;
  readonly begin: number;
  readonly count: number;
  readonly column: string;
}

/** The cells of a column in one row group, or what is wrong with them. */
async function readColumn(
  read: typeof parquetRead,
  { metadata, bytes, index, column, begin, count }: ColumnPlace,
): Promise<string[] | Error> {
  try {
    checkGroup(metadata, index, column, bytes);
    let values: unknown[][] = [];
    await read({
      file: bufferOf(bytes),
      metadata,
      columns: [column],
      rowStart: begin,
      rowEnd: begin + count,
      geoparquet: false,
      parsers,
      compressors: { SNAPPY: decompressSnappy },
      onComplete: (found) => (values = found),
    });
    return Array.from({ length: count }, (_, row) => cellOf(values[row]?.[0]));
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

const decoder = new TextDecoder();

/** JSON stays text: whether it is needed, and well formed, is for the reader of the column. */
const parsers = { jsonFromBytes: (bytes: Uint8Array) => decoder.decode(bytes) };

const bufferOf = (bytes: Uint8Array<ArrayBuffer>): AsyncBuffer => ({
  byteLength: bytes.byteLength,
  slice: (start, end) =>
    bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + (end ?? bytes.byteLength)),
});

function checkFooter(bytes: Uint8Array): void {
  const end = bytes.length - 8;
  if (end < 4 || !isParquet(bytes) || !isParquet(bytes.subarray(end + 4)))
    throw new Error('it is cut off, or the file is not Parquet');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(end, true);
  if (length > end - 4 || length > mostFooter) throw new Error(`it claims ${length} bytes`);
  const footer = readThrift(bytes.subarray(0, end), end - length);
  if (footer.end > end) throw new Error('it does not end where it should');
}

/** Rows of each row group, none of them more than the file's columns can hold. */
function groupsOf({ row_groups }: FileMetaData, columns: readonly string[], file: string): number[] {
  const counts = row_groups.map((group) => Number(group.num_rows));
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (counts.some((count) => !Number.isSafeInteger(count) || count < 0))
    throw malformed(`${file}: the footer`, new Error('a row group has no possible number of rows'));
  if (total * columns.length > mostValues) throw tableTooLarge(file, `${total} rows`);
  return counts;
}

function requireColumns(columns: readonly string[], file: string): void {
  const problem =
    columns.length === 0
      ? 'there is no column'
      : new Set(columns).size < columns.length && 'two columns have the same name';
  if (problem) throw malformed(`${file}: the footer`, new Error(problem));
}

function namingErrors<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw malformed(place, error);
  }
}

function malformed(place: string, cause: unknown): PareError {
  if (cause instanceof PareError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new PareError(
    'data-malformed',
    `${place}: ${reason.slice(0, 200)}.`,
    'Download the file again; if that does not help, save it as JSON lines or CSV and open that.',
  );
}

function empty(file: string): PareError {
  return new PareError(
    'data-empty',
    `${file}: there is no row in the file.`,
    'Choose a file with at least a few examples.',
  );
}
