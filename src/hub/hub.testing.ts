/** What the tests of the hub are made of: a server, a storage in memory, and a small model. */
import { afterEach, beforeEach, expect } from 'vitest';
import type { FileSource } from '../formats/source.ts';
import { exclusiveHere } from '../storage/exclusive.ts';
import type { Folder } from '../storage/folder.ts';
import { memoryFolder } from '../storage/memory-folder.ts';
import type { HubEntry } from './cache.ts';
import { download, type DownloadOptions } from './download.ts';
import { HubServer, sha256Of, type HubContent } from './hub-server.testing.ts';
import { Hub, type HubOffer } from './hub.ts';

export const text = (content: string): HubContent => ({ bytes: new TextEncoder().encode(content) });

/** The same bytes each time, and others for another seed. */
export const weights = (length: number, seed = 1): HubContent => ({
  bytes: Uint8Array.from({ length }, (_, index) => ((index * 2654435761 * seed) >>> 13) & 255),
  large: true,
});

export const model = {
  'config.json': text('{"model_type":"llama"}'),
  'generation_config.json': text('{}'),
  'tokenizer.json': text('{"version":"1.0"}'),
  'README.md': text('# hello'),
  'model.safetensors': weights(100_000),
  'pytorch_model.bin': weights(10),
};

export interface HubFixture {
  server: HubServer;
  folder: Folder;
  hub: Hub;
  room: number | null;
}

/** New for every test of the file. */
export function hubFixture(): HubFixture {
  const fixture = {} as HubFixture;
  beforeEach(async () => {
    const server = new HubServer();
    await server.start();
    const folder = memoryFolder();
    const room = () => Promise.resolve(fixture.room);
    const hub = new Hub({ folder, exclusive: exclusiveHere(), room, endpoint: server.endpoint });
    Object.assign(fixture, { server, folder, hub, room: null });
  });
  afterEach(() => fixture.server.stop());
  return fixture;
}

export const anybody = (token: string | null = null) => ({ token, signal: new AbortController().signal });

/** What it was rejected with. */
export const failure = (work: Promise<unknown>): Promise<{ code: string; message: string; remedy: string }> =>
  work.then(
    () => {
      throw new Error('it succeeded');
    },
    (error: unknown) => error as { code: string; message: string; remedy: string },
  );

/** Downloads what is proposed, in small pieces, and tries nothing again by itself. */
export const fetchFirst = (
  { folder, server, room }: HubFixture,
  offer: HubOffer,
  options: Partial<DownloadOptions> = {},
): Promise<HubEntry> =>
  download(offer.choices[0]!.selection, {
    folder,
    access: { ...anybody(), endpoint: server.endpoint },
    room: () => Promise.resolve(room),
    waits: [],
    piece: 30_000,
    ...options,
  });

export async function expectModel(
  files: readonly FileSource[],
  commit: Record<string, HubContent> = model,
): Promise<void> {
  const file = files.find(({ name }) => name === 'model.safetensors')!;
  expect(sha256Of(await file.read(0, file.size))).toBe(sha256Of(commit['model.safetensors']!.bytes));
}
