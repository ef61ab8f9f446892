/** What a repository holds, at one commit: from there on nothing depends on what its branch becomes. */
import { datasetInfo, listFiles, modelInfo } from '@huggingface/hub';
import { z } from 'zod';
import { PareError } from '../lib/assert.ts';
import { malformed } from './errors.ts';
import { isPlainPath, type HubKind, type HubReference } from './reference.ts';
import { apiFetch, reasonOf, type HubAccess } from './transport.ts';

/** A file of a repository at a commit. */
export interface HubFile {
  readonly repository: string;
  readonly commit: string;
  readonly path: string;
  /** What it is called where it is opened. */
  readonly as: string;
  /** Bytes. */
  readonly size: number;
  /** Of its contents: SHA-256 where `large`, else git's name of the blob. */
  readonly oid: string;
  /** Kept outside of git (LFS, Xet). */
  readonly large: boolean;
}

export interface Listing {
  readonly kind: HubKind;
  /** As the hub spells it; an old name leads to the new one. */
  readonly name: string;
  readonly commit: string;
  readonly files: readonly HubFile[];
  /** There are more. */
  readonly cut: boolean;
}

/** Files that are listed at most: a folder with more is no model, and no list to choose from. */
const mostFiles = 5000;

const infoSchema = z.object({
  name: z.string().regex(/^[\w.-]+(?:\/[\w.-]+)?$/),
  sha: z.string().regex(/^[0-9a-f]{40}$/),
});

const entrySchema = z.object({
  type: z.string(),
  path: z.string(),
  size: z.int().min(0),
  oid: z.string().regex(/^[0-9a-f]{40}$/),
  lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().min(0) }).optional(),
});

/** `folder`: below which; null: the whole repository. Rejects with a PareError 'hub-…'. */
export async function listRepository(
  { kind, name, revision }: HubReference,
  folder: string | null,
  access: HubAccess,
): Promise<Listing> {
  return understood(async () => {
    const { endpoint: hubUrl } = access;
    const request = { name, revision, hubUrl, additionalFields: ['sha' as const], fetch: apiFetch(access) };
    const info = infoSchema.parse(await (kind === 'model' ? modelInfo(request) : datasetInfo(request)));
    const entries = listFiles({
      repo: { type: kind, name: info.name },
      revision: info.sha,
      // A model is what lies side by side; data sets are sorted into folders.
      recursive: kind === 'dataset',
      ...(folder === null ? {} : { path: folder.split('/').map(encodeURIComponent).join('/') }),
      hubUrl,
      fetch: apiFetch(access),
    });
    const { files, cut } = await collect(entries, info.name, info.sha, folder);
    return { kind, name: info.name, commit: info.sha, files, cut };
  });
}

async function collect(
  entries: AsyncIterable<unknown>,
  repository: string,
  commit: string,
  folder: string | null,
): Promise<{ files: HubFile[]; cut: boolean }> {
  const files: HubFile[] = [];
  let seen = 0;
  for await (const entry of entries) {
    if (++seen > mostFiles) return { files, cut: true };
    const { type, path, size, oid, lfs } = entrySchema.parse(entry);
    // What no folder could hold is left out: nobody can want it.
    if (type !== 'file' || !isPlainPath(path)) continue;
    const as = folder !== null && path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path;
    files.push({
      repository,
      commit,
      path,
      as,
      size: lfs?.size ?? size,
      oid: lfs?.oid ?? oid,
      large: Boolean(lfs),
    });
  }
  return { files, cut: false };
}

/** What the client throws is about its own insides. */
async function understood<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof z.ZodError) {
      const [issue] = error.issues;
      throw malformed(`${issue?.path.join('.') || 'an entry'} of a listing: ${issue?.message ?? ''}`);
    }
    if (error instanceof PareError || (error instanceof DOMException && error.name === 'AbortError'))
      throw error;
    throw malformed(reasonOf(error));
  }
}
