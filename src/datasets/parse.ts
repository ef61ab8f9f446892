/**
 * Reads data files. Parquet is known by its first bytes; of others the name's ending says what they are: .jsonl/.ndjson,
 * .json, .csv, .tsv; all else is text. Every error names the line (of Parquet: the row group and the column).
 */
import { PareError } from '../lib/assert.ts';
import { decodeText, type FileSource, nameOf, readAll } from '../formats/source.ts';
import { sha256 } from '../formats/sha256.ts';
import { parseCsv } from './csv.ts';
import type { Dataset, Documents } from './data.ts';
import { parseJsonData, parseJsonLines } from './json-data.ts';
import { isParquet, parseParquet } from './parquet.ts';

export interface DataFile {
  readonly name: string;
  readonly bytes: number;
  /** Of the file as it is. */
  readonly sha256: string;
  readonly dataset: Dataset;
}

const maxBytes = 512 * 2 ** 20;

/** Separates documents in plain text, as in the files models are pre-trained on. */
const documentSeparator = '<|endoftext|>';

/** Reads, hashes and parses a data file. */
export async function openData(source: FileSource): Promise<DataFile> {
  const bytes = await readAll(source, maxBytes);
  const dataset = isParquet(bytes)
    ? await parseParquet(bytes, source.path)
    : parseData(textOf(bytes, source.path), source.path);
  return { name: source.name, bytes: source.size, sha256: await sha256(bytes), dataset };
}

/** A file that only calls itself Parquet is cut off at its beginning, or is something else. */
function textOf(bytes: Uint8Array, file: string): string {
  if (!/\.parquet$/i.test(file)) return decodeText(bytes, file);
  const remedy = 'Download the file again.';
  throw new PareError('data-malformed', `${file} does not begin as a Parquet file does.`, remedy);
}

/** Parses the text of a data file that is called `file`. */
export function parseData(content: string, file: string): Dataset {
  const text = content.replace(/^\uFEFF/, '');
  if (text.trim() === '') throw empty(file);
  const ending = /\.([a-z0-9]+)$/i.exec(nameOf(file))?.[1]?.toLowerCase();
  if (ending === 'jsonl' || ending === 'ndjson') return parseJsonLines(text, file);
  if (ending === 'json') return parseJsonData(text, file);
  if (ending === 'csv') return parseCsv(text, file, ',');
  if (ending === 'tsv') return parseCsv(text, file, '\t');
  const running = parseDocuments(text);
  if (running.documents.length === 0) throw empty(file);
  return running;
}

function empty(file: string): PareError {
  const remedy = 'Choose a file with at least a few examples.';
  return new PareError('data-empty', `${file}, line 1: the file is empty.`, remedy, { line: 1 });
}

/**
 * Plain text: documents are separated by `<|endoftext|>` where that occurs, else by blank lines (so that a long
 * file is scored as paragraphs rather than as one text that is cut). Each is trimmed; empty ones are dropped.
 */
function parseDocuments(text: string): Documents {
  const parts = text.includes(documentSeparator) ? text.split(documentSeparator) : text.split(/\n[ \t\r]*\n/);
  return { kind: 'documents', documents: parts.map((part) => part.trim()).filter((part) => part !== '') };
}
