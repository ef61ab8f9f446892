import { afterEach, describe, vi } from 'vitest';
import { fuzz } from '../formats/fuzz.testing.ts';
import type { FileSource } from '../formats/source.ts';
import { parseReference } from './reference.ts';
import { listRepository } from './repository.ts';

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const oid = '0123456789abcdef0123456789abcdef01234567';
const info = { id: 'owner/name', _id: '1', sha: oid, private: false, gated: false, tags: [] };
const tree = [
  { type: 'file', path: 'config.json', size: 20, oid },
  { type: 'directory', path: 'more', size: 0, oid },
  {
    type: 'file',
    path: 'model.safetensors',
    size: 100,
    oid,
    lfs: { oid: oid + oid.slice(16), size: 100, pointerSize: 10 },
  },
];

/** Answers that a hub could give, or something between here and there. */
async function list(files: readonly FileSource[]): Promise<void> {
  const answers = await Promise.all(files.map((file) => file.read(0, file.size)));
  vi.stubGlobal('fetch', (address: unknown) =>
    Promise.resolve(new Response(answers[String(address).includes('/tree/') ? 1 : 0])),
  );
  const access = { endpoint: 'https://hub.example', token: null, signal: new AbortController().signal };
  await listRepository(parseReference('owner/name', 'model'), null, access);
}

describe('hostile answers of a hub', () => {
  afterEach(() => vi.unstubAllGlobals());

  fuzz({
    name: 'listings',
    samples: () => Promise.resolve([{ 'info.json': json(info), 'tree.json': json(tree) }]),
    open: list,
    named: /^The hub/,
    place: /form that Pare does not know: ./,
    runs: 120,
  });
});
