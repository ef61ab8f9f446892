/**
 * What a person types to name a repository: `owner/name`, `owner/name@revision`, `owner/name:file`,
 * `datasets/owner/name`, or an address of the hub's pages. Nothing here connects to anything.
 */
import { PareError } from '../lib/assert.ts';

export type HubKind = 'model' | 'dataset';

export interface HubReference {
  readonly kind: HubKind;
  /** `owner/name`; a few old repositories have no owner. */
  readonly name: string;
  /** A branch, tag or commit. */
  readonly revision: string;
  /** A file or a folder in it, where one was named. */
  readonly path: string | null;
}

/** The branch that the hub calls a repository's own. */
const mainBranch = 'main';
const hubHosts: ReadonlySet<string> = new Set(['huggingface.co', 'www.huggingface.co', 'hf.co']);
const part = String.raw`[\w-](?:[\w.-]{0,95})`;
const namePattern = new RegExp(`^(?:${part}/)?${part}$`);
const revisionPattern = /^[\w.-]+(?:\/[\w.-]+){0,5}$/;

/** `kind`: what is looked for, unless the text says what it is. Throws the PareError 'hub-name'. */
export function parseReference(text: string, kind: HubKind): HubReference {
  const trimmed = text.trim();
  const address = addressOf(trimmed);
  const reference = address ? ofAddress(address, kind) : ofName(trimmed, kind);
  if (isSound(reference)) return reference;
  throw noName(text);
}

/** Whether a text that is no path on this disk can only be meant for the hub. */
export const looksLikeReference = (text: string): boolean =>
  addressOf(text) !== null || /^(?:datasets\/)?[\w-][\w.-]*\/[\w-][\w.-]*(?:@[\w./-]+)?(?::.+)?$/.test(text);

/** `path` leads to a file below the place that it starts from, on any system. */
export const isPlainPath = (path: string): boolean =>
  path.length > 0 &&
  path.length <= 500 &&
  // eslint-disable-next-line no-control-regex
  !/[\\\u0000-\u001f\u007f:]/.test(path) &&
  path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');

function addressOf(text: string): URL | null {
  const withScheme = /^(?:www\.)?(?:huggingface\.co|hf\.co)\//.test(text) ? `https://${text}` : text;
  if (!/^https?:\/\//.test(withScheme) || !URL.canParse(withScheme)) return null;
  return new URL(withScheme);
}

function ofName(text: string, kind: HubKind): HubReference {
  const [, dataset, name = '', revision, path] =
    /^(datasets\/)?([^@:]*)(?:@([^:]*))?(?::(.*))?$/.exec(text) ?? [];
  return {
    kind: dataset ? 'dataset' : kind,
    name,
    revision: revision ?? mainBranch,
    path: path ?? null,
  };
}

/** `/owner/name`, `/datasets/owner/name/tree/main/data`, `/owner/name/blob/main/model.gguf`. */
function ofAddress({ hostname, pathname }: URL, kind: HubKind): HubReference {
  if (!hubHosts.has(hostname)) throw otherHost(hostname);
  const segments = pathname.split('/').filter((segment) => segment !== '');
  const isDataset = segments[0] === 'datasets';
  if (isDataset) segments.shift();
  else if (segments.length > 1) kind = 'model';
  const verb = segments.findIndex((segment) => ['tree', 'blob', 'resolve', 'raw'].includes(segment));
  const name = segments.slice(0, verb > 0 ? verb : 2).join('/');
  const after = verb > 0 ? segments.slice(verb + 1) : [];
  const [revision, rest] = revisionOf(after);
  return {
    kind: isDataset ? 'dataset' : kind,
    name,
    revision,
    path: rest.length > 0 ? rest.map(decoded).join('/') : null,
  };
}

/** `refs/pr/1` is one revision of three segments; any other one has its slashes encoded. */
function revisionOf(segments: readonly string[]): [revision: string, rest: readonly string[]] {
  if (segments[0] === 'refs') return [segments.slice(0, 3).join('/'), segments.slice(3)];
  return [decoded(segments[0] ?? mainBranch), segments.slice(1)];
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

const isSound = ({ name, revision, path }: HubReference): boolean =>
  namePattern.test(name) &&
  !name.includes('..') &&
  revisionPattern.test(revision) &&
  !revision.includes('..') &&
  (path === null || isPlainPath(path));

const noName = (text: string): PareError =>
  new PareError(
    'hub-name',
    text.trim() === ''
      ? 'No name was given.'
      : `“${text.trim().slice(0, 80)}” names no repository on the Hugging Face hub.`,
    'Type owner/name as its page shows it (HuggingFaceTB/SmolLM2-135M), or paste the address of the page.',
  );

const otherHost = (host: string): PareError =>
  new PareError(
    'hub-name',
    `${host} is not the Hugging Face hub.`,
    'Paste an address that begins with https://huggingface.co/, or download the file and drop it here.',
  );
