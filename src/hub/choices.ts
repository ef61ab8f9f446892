/** Which files of a repository Pare wants: pure functions of its listing. */
import { PareError } from '../lib/assert.ts';
import type { HubFile, Listing } from './repository.ts';

/** Files that are downloaded and opened together. */
export interface HubSelection {
  readonly kind: Listing['kind'];
  readonly name: string;
  readonly revision: string;
  readonly commit: string;
  /** The choice in words: a file's name, or what the files are. */
  readonly label: string;
  readonly files: readonly HubFile[];
}

type Choice = Pick<HubSelection, 'label' | 'files'>;

/** Of a list that a person can choose from. */
const mostChoices = 300;

const companion =
  /^(?:(?:config|generation_config|quantize_config|adapter_config|special_tokens_map|tokenizer|tokenizer_config|chat_template)\.json|chat_template\.jinja)$/;
const adapterWeights = 'adapter_model.safetensors';
const indexName = 'model.safetensors.index.json';
/** Weights in forms that Pare does not read, to be named. */
const otherWeights = /\.(?:bin|pt|pth|ckpt|h5|msgpack|onnx|tflite|npz|gguf|safetensors)$/i;

const nameOf = ({ as }: HubFile): string => as.slice(as.lastIndexOf('/') + 1);
const isTop = ({ as }: HubFile): boolean => !as.includes('/');

/** A safetensors model and each GGUF file, the one that `wanted` names first. Throws 'hub-no-weights'. */
export function modelChoices({ name, files }: Listing, wanted: string | null): Choice[] {
  const top = files.filter(isTop);
  const choices = [...safetensorsChoices(top), ...ggufChoices(files)].slice(0, mostChoices);
  if (choices.length === 0) throw noWeights(name, files);
  if (wanted === null) return choices;
  const asked = choices.filter((choice) => choice.files.some(({ path }) => path === wanted));
  if (asked.length === 0) throw noSuchFile(name, wanted);
  return [...asked, ...choices.filter((choice) => !asked.includes(choice))];
}

/** An adapter without the model that it belongs to. */
export const isLoneAdapter = ({ files }: Listing): boolean =>
  files.some(({ as }) => as === 'adapter_config.json') && !files.some(({ as }) => as === 'config.json');

export const adapterFiles = ({ files }: Listing): HubFile[] =>
  files.filter(({ as }) => as === 'adapter_config.json' || as === adapterWeights);

function safetensorsChoices(top: readonly HubFile[]): Choice[] {
  if (!top.some(({ as }) => as === 'config.json')) return [];
  const beside = top.filter((file) => companion.test(file.as) || file.as === adapterWeights);
  return weightSets(top).map(({ label, files }) => ({ label, files: [...beside, ...files] }));
}

/** One file, or shards with their index; several files that stand for themselves are several choices. */
function weightSets(top: readonly HubFile[]): Choice[] {
  const weights = top.filter(({ as }) => as.endsWith('.safetensors') && as !== adapterWeights);
  const single = weights.find(({ as }) => as === 'model.safetensors');
  if (single) return [{ label: single.as, files: [single] }];
  const index = top.find(({ as }) => as === indexName);
  const shards = weights.filter(({ as }) => /^model-\d+-of-\d+\.safetensors$/.test(as));
  if (index && shards.length > 0)
    return [{ label: `model.safetensors in ${shards.length} files`, files: [index, ...shards] }];
  return weights.map((file) => ({ label: file.as, files: [file] }));
}

/** Each alone: it has configuration and tokenizer inside. Split ones and vision parts are left out. */
const ggufChoices = (files: readonly HubFile[]): Choice[] =>
  files
    .filter((file) => /\.gguf$/i.test(file.as) && !/-\d+-of-\d+\.gguf$|^mmproj/i.test(nameOf(file)))
    .map((file) => ({ label: file.as, files: [file] }));

const data = /\.(?:jsonl|ndjson|json|csv|tsv|txt|parquet)$/i;
const aboutData =
  /^(?:dataset_infos?|dataset_dict|state|config|package|tokenizer.*)\.json$|^(?:readme|licen[cs]e|requirements|notice|changelog|\.).*/i;

/** Each data file, training files first. Empty where the repository has none that Pare reads. */
export function dataChoices({ files }: Pick<Listing, 'files'>, wanted: string | null): Choice[] {
  const found = files
    .filter((file) => data.test(file.as) && !aboutData.test(nameOf(file)))
    .toSorted((a, b) => rank(a, wanted) - rank(b, wanted) || compare(a.as, b.as));
  return found.slice(0, mostChoices).map((file) => ({ label: file.as, files: [file] }));
}

function rank(file: HubFile, wanted: string | null): number {
  if (file.path === wanted) return 0;
  return /(?:^|[/_.-])train(?:[/_.-]|$)/i.test(file.as) ? 1 : 2;
}

/** In the same order everywhere. */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function noWeights(name: string, files: readonly HubFile[]): PareError {
  const weights = files.filter(({ as }) => otherWeights.test(as)).map(({ as }) => as);
  const [first = 'no weights at all', ...others] = weights;
  const has = others.length > 0 ? `${first} and ${others.length} more` : first;
  const config = files.some(({ as }) => as === 'config.json') ? '' : ' and no config.json';
  return new PareError(
    'hub-no-weights',
    `${name} has no weights in a form that Pare reads: it has ${has}${config}.`,
    'Pare reads model.safetensors (or its shards) beside config.json, and GGUF files. Many repositories have a converted copy: look for one on the hub.',
    { files: weights.slice(0, 20) },
  );
}

export const noData = (name: string, files: readonly HubFile[]): PareError =>
  new PareError(
    'hub-no-data',
    `${name} has no data file that Pare reads${files[0] ? `: it has ${files[0].as}${files.length > 1 ? ` and ${files.length - 1} more` : ''}` : ''}.`,
    'Pare reads JSONL, JSON, CSV, TSV, text and Parquet. Convert it, and drop the file here.',
  );

export const noSuchFile = (name: string, path: string): PareError =>
  new PareError(
    'hub-not-found',
    `${name} has no file ${path} that Pare reads.`,
    'Look the name up without the file, and choose one of the list.',
  );
