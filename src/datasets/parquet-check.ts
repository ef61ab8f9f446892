/** What a Parquet file claims about its pages, held against the bytes that are there: before anything is allocated. */
import type { FileMetaData } from 'hyparquet';
import { PareError } from '../lib/assert.ts';
import { readThrift, type ThriftStruct } from './thrift.ts';

/** Cells of a table, and values of its columns, that are read at most. */
export const mostValues = 20_000_000;

/** A Snappy copy of three bytes stands for 64 at most, so no page grows by more than that. */
const mostGrowth = 32;

type Chunk = NonNullable<FileMetaData['row_groups'][number]['columns'][number]['meta_data']>;

/** Every page of a top-level column in a row group. Throws a plain `Error` (or says what is not supported). */
export function checkGroup(metadata: FileMetaData, index: number, column: string, bytes: Uint8Array): void {
  let found = false;
  for (const { meta_data: chunk } of metadata.row_groups[index]?.columns ?? []) {
    if (!chunk) throw new Error('it is encrypted, or its place is not given');
    if (chunk.path_in_schema[0] !== column) continue;
    found = true;
    checkChunk(chunk, Number(metadata.row_groups[index]!.num_rows), bytes);
  }
  if (!found) throw new Error('the row group does not have it');
}

function checkChunk(chunk: Chunk, rows: number, bytes: Uint8Array): void {
  if (chunk.codec !== 'SNAPPY' && chunk.codec !== 'UNCOMPRESSED') throw unknownCodec(chunk.codec);
  const begin = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
  const end = begin + Number(chunk.total_compressed_size);
  if (!(begin >= 4 && begin < end && end <= bytes.length))
    throw new Error(`its bytes ${begin} to ${end} are not in the file`);
  const values = Number(chunk.num_values);
  const flat = chunk.path_in_schema.length === 1;
  if (!(values >= (flat ? rows : 0) && values <= (flat ? rows : mostValues)))
    throw new Error(`it claims ${values} values in ${rows} rows`);
  checkPages(bytes.subarray(begin, end), values, chunk.codec === 'SNAPPY');
}

function checkPages(chunk: Uint8Array, values: number, compressed: boolean): void {
  let found = 0;
  for (let at = 0; at < chunk.length - 1;) {
    const { struct, end } = readThrift(chunk, at);
    const [large, small] = [numberOf(struct, 2), numberOf(struct, 3)];
    const count = countOf(struct);
    if (!(small >= 0 && end + small <= chunk.length)) throw new Error(`a page claims ${small} bytes`);
    if (!(large >= 0 && large <= (compressed ? mostGrowth * small + mostGrowth : small)))
      throw new Error(`a page of ${small} bytes claims to hold ${large}`);
    const isDictionary = numberOf(struct, 1) === 2;
    // A value of a dictionary takes a byte at least, unless it is one bit of eight.
    if (!(count >= 0 && count <= (isDictionary ? 8 * large : values - found)))
      throw new Error(`a page claims ${count} values`);
    if (!isDictionary) found += count;
    at = end + small;
  }
  if (found !== values) throw new Error(`${found} values where ${values} should be`);
}

/** Values of a page, by whichever header it has: data, dictionary, data (version 2). */
function countOf(page: ThriftStruct): number {
  const header = [5, 7, 8].map((id) => page.get(id)).find((value) => value !== undefined);
  return header === undefined || typeof header === 'number' ? 0 : numberOf(header, 1);
}

function numberOf(struct: ThriftStruct, id: number): number {
  const value = struct.get(id);
  return typeof value === 'number' ? value : Number.NaN;
}

function unknownCodec(codec: string | undefined): PareError {
  return new PareError(
    'parquet-codec',
    `the file is compressed with ${codec ?? 'something unknown'}, which is not read.`,
    'Write it with Snappy (the default of datasets and pandas), or as JSON lines.',
  );
}

export function tableTooLarge(file: string, what: string): PareError {
  return new PareError(
    'data-too-large',
    `${file} has ${what}, more than is read at once.`,
    'Use a part of it: a few thousand examples are enough to train and to search on.',
  );
}
