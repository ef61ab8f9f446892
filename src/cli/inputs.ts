import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openData } from '../datasets/parse.ts';
import type { FileSource } from '../formats/source.ts';
import { looksLikeReference } from '../hub/reference.ts';
import { PareError } from '../lib/assert.ts';
import { readData, type LoadedData } from '../recipes/loaded-data.ts';
import { usage, type Flags } from './arguments.ts';
import { hubFiles } from './hub-input.ts';
import { nodeFile, nodeFolder } from './node-files.ts';

/** `public/demo`, from the sources as well as from the built runner. */
function demoFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'public/demo')) && folder !== dirname(folder)) folder = dirname(folder);
  return join(folder, 'public/demo');
}

export function modelFiles(subject: string | undefined): Promise<FileSource[]> {
  if (!subject) throw usage('A model is missing.');
  const path = subject === 'demo' ? join(demoFolder(), 'model') : resolve(subject);
  if (isOnHub(subject, path)) return hubFiles(subject, 'model');
  if (!existsSync(path))
    throw new PareError(
      'model-missing',
      `${subject} does not exist.`,
      'Give the path of a model folder or a GGUF file, owner/name as on the Hugging Face hub (the address of its page, if there is a folder of that name here), or demo.',
    );
  // A GGUF file is a whole model; what lies beside it is another one, as often as not.
  if (/\.gguf$/i.test(path)) return nodeFile(path).then((file) => [file]);
  return nodeFolder(statSync(path).isDirectory() ? path : dirname(path));
}

/**
 * What is there is a path, whatever else it could mean. So is what was meant as one and mistyped, which no other machine
 * is asked for: it begins with a folder that is there, or ends as files do.
 */
const isOnHub = (subject: string, path: string): boolean =>
  !existsSync(path) && looksLikeReference(subject) && (isAddress(subject) || !looksLikePath(subject));

const isAddress = (subject: string): boolean =>
  /^(?:https?:\/\/|www\.|huggingface\.co\/|hf\.co\/)/.test(subject);

/** A file after a colon is one of the repository's. */
function looksLikePath(subject: string): boolean {
  const [name = ''] = subject.split(':');
  const [first = ''] = name.split('/');
  return existsSync(first) || fileEnding.test(name);
}

const fileEnding = /\.(?:gguf|safetensors|json|jsonl|csv|tsv|txt|parquet|zip)$/i;

/** The data that `--data` names. */
export function dataOf(flags: Flags): Promise<LoadedData> {
  if (!flags.data) throw usage('--data is missing.');
  return readDataFile(flags.data, flags);
}

/** The further test sets that `--test` names. */
export function testsOf(flags: Flags): Promise<LoadedData[]> {
  return Promise.all((flags.test ?? []).map((file) => readDataFile(file, flags)));
}

async function readDataFile(data: string, { prompt, answer }: Flags): Promise<LoadedData> {
  const path = data === 'demo' ? join(demoFolder(), 'data/problems.jsonl') : resolve(data);
  const source = isOnHub(data, path) ? (await hubFiles(data, 'dataset'))[0]! : await fileAt(data, path);
  const file = await openData(source);
  return readData(file, prompt && answer ? { prompt, answer } : undefined);
}

async function fileAt(data: string, path: string): Promise<FileSource> {
  if (existsSync(path)) return nodeFile(path);
  throw new PareError(
    'data-missing',
    `${data} does not exist.`,
    'Give the path of a data file, owner/name[:file] as on the Hugging Face hub (the address of its page, if there is a folder of that name here), or demo.',
  );
}
