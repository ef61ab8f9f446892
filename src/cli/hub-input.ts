/** Models and data sets by their name on the hub: kept in a folder of this user's cache, and not fetched twice. */
import { mkdir, statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { FileSource } from '../formats/source.ts';
import type { HubProgress } from '../hub/download.ts';
import { Hub, type HubOffer } from '../hub/hub.ts';
import { parseReference, type HubKind } from '../hub/reference.ts';
import { publicHub } from '../hub/transport.ts';
import { PareError } from '../lib/assert.ts';
import { bytes } from '../session/format.ts';
import { exclusiveHere } from '../storage/exclusive.ts';
import { nodeStorage } from './node-storage.ts';

const progressMs = 2000;

/** Downloads what is missing of `text`, as the hub's other tools read `HF_ENDPOINT`, `HF_TOKEN` and `HF_HUB_OFFLINE`. */
export async function hubFiles(text: string, kind: HubKind): Promise<FileSource[]> {
  const { name } = parseReference(text, kind);
  const directory = cacheFolder();
  await mkdir(directory, { recursive: true });
  const hub = new Hub({
    folder: await nodeStorage(directory),
    exclusive: exclusiveHere(),
    room: async () => {
      const { bavail, bsize } = await statfs(directory);
      return bavail * bsize;
    },
    endpoint: endpointOf(process.env.HF_ENDPOINT),
  });
  const ask = { token: process.env.HF_TOKEN?.trim() || null, signal: new AbortController().signal };
  const isOffline = /^(?:1|true|yes|on)$/i.test(process.env.HF_HUB_OFFLINE ?? '');
  const offer = isOffline ? await hub.copies(text, kind) : await hub.lookUp(text, kind, ask);
  if (!offer) throw notKept(name);
  const [choice] = offer.choices;
  const { selection, complete, key } = choice!;
  say(describe(offer, complete));
  if (!complete) await hub.download(selection, ask, reporter(name));
  return hub.open(key);
}

function cacheFolder(): string {
  const { PARE_CACHE: own, XDG_CACHE_HOME: caches } = process.env;
  return own || join(caches || join(homedir(), '.cache'), 'pare');
}

function endpointOf(given: string | undefined): string {
  if (!given) return publicHub;
  if (URL.canParse(given) && /^https?:/.test(given)) return given.replace(/\/+$/, '');
  throw new PareError(
    'hub-endpoint',
    `HF_ENDPOINT is ${given}, which is no address.`,
    `Set it to something like ${publicHub}, or unset it.`,
  );
}

function describe({ name, revision, commit, choices, offline, notes }: HubOffer, complete: boolean): string {
  const { selection, bytes: size } = choices[0]!;
  const others = choices.length > 1 ? `, one of ${choices.length}: ${name}:FILE takes another` : '';
  const state = complete ? 'downloaded before' : `downloading ${bytes(size)}`;
  const lines = [`${name} (${revision}, ${commit.slice(0, 7)}), ${selection.label}${others}: ${state}.`];
  return [...(offline === null ? [] : [offline]), ...notes, ...lines].join('\n');
}

function reporter(name: string): (progress: HubProgress) => void {
  let last = Date.now();
  return ({ done, total }) => {
    if (Date.now() - last < progressMs) return;
    last = Date.now();
    say(`${name}: ${bytes(done)} of ${bytes(total)}`);
  };
}

/** Standard output is for results. */
function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

const notKept = (name: string): PareError =>
  new PareError(
    'hub-not-kept',
    `${name} has not been downloaded here, and HF_HUB_OFFLINE is set.`,
    'Unset HF_HUB_OFFLINE, or give the path of a folder.',
  );
