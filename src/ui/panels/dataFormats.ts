/** What a file picker offers as data. */
export const dataFormats = '.jsonl,.ndjson,.json,.csv,.tsv,.parquet,.txt';
