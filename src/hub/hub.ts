/** The hub as the studio uses it: look a name up, download what was chosen, open it from the cache ever after. */
import { z } from 'zod';
import { checked, parseJson } from '../formats/json.ts';
import { readText, type FileSource } from '../formats/source.ts';
import { PareError } from '../lib/assert.ts';
import type { Exclusive } from '../storage/exclusive.ts';
import type { Folder } from '../storage/folder.ts';
import { bytesOf, keyOf, readDamaged, readEntries, readEntry, removeEntry } from './cache.ts';
import type { DamagedEntry, HubEntry } from './cache.ts';
import {
  adapterFiles,
  dataChoices,
  isLoneAdapter,
  modelChoices,
  noData,
  noSuchFile,
  type HubSelection,
} from './choices.ts';
import { download, fetchSmall, type HubProgress } from './download.ts';
import { lookUpAgain } from './errors.ts';
import { parseReference, type HubKind, type HubReference } from './reference.ts';
import { openDownloaded } from './open-downloaded.ts';
import { listRepository, type Listing } from './repository.ts';
import type { HubAccess } from './transport.ts';

export interface HubChoice {
  readonly selection: HubSelection;
  readonly key: string;
  readonly bytes: number;
  /** Bytes of it that are here already. */
  readonly kept: number;
  readonly complete: boolean;
}

/** What a name stands for. */
export interface HubOffer {
  readonly kind: HubKind;
  readonly name: string;
  readonly revision: string;
  readonly commit: string;
  /** At least one; the first is proposed. */
  readonly choices: readonly HubChoice[];
  /** Why these are copies from before and not what the hub has now; null: the hub was asked. */
  readonly offline: string | null;
  readonly notes: readonly string[];
}

export interface HubOptions {
  readonly folder: Folder;
  readonly exclusive: Exclusive;
  /** Bytes that may still be written; null: not known. */
  readonly room: () => Promise<number | null>;
  /** Without a slash at the end. */
  readonly endpoint: string;
}

type Ask = Pick<HubAccess, 'token' | 'signal' | 'patience'>;

/** Where the hub keeps its own copy of a data set in a form that Pare reads. */
const parquetBranch = 'refs/convert/parquet';
const mostConfigBytes = 1024 * 1024;

export class Hub {
  readonly #options: HubOptions;

  constructor(options: HubOptions) {
    this.#options = options;
  }

  /** Rejects with a PareError 'hub-…'. Where the hub cannot be asked, copies from before are offered. */
  async lookUp(text: string, kind: HubKind, ask: Ask): Promise<HubOffer> {
    const reference = parseReference(text, kind);
    if (reference.kind !== kind) throw otherKind(reference);
    try {
      return await this.#offer(reference, { ...ask, endpoint: this.#options.endpoint });
    } catch (error) {
      // Who has cancelled wants no copies either.
      ask.signal.throwIfAborted();
      const copies = isUnreachable(error) ? await this.#copiesOf(reference) : null;
      if (copies) return { ...copies, offline: (error as PareError).message };
      throw error instanceof PareError && error.code === 'hub-offline' ? lookUpAgain(error) : error;
    }
  }

  /** What was downloaded of it before, without asking anybody; null: nothing that is complete. */
  copies(text: string, kind: HubKind): Promise<HubOffer | null> {
    return this.#copiesOf(parseReference(text, kind));
  }

  /** One at a time of the same files, in all tabs: the second finds it done. */
  download(
    selection: HubSelection,
    ask: Ask,
    onProgress?: (progress: HubProgress) => void,
  ): Promise<HubEntry> {
    const { folder, exclusive, room, endpoint } = this.#options;
    const access = { ...ask, endpoint };
    return keyOf(selection).then((key) =>
      exclusive(`hub/${key}`, () => {
        ask.signal.throwIfAborted();
        return download(selection, { folder, access, room, ...(onProgress ? { onProgress } : {}) });
      }),
    );
  }

  /** The latest first; unfinished ones too. */
  entries(): Promise<HubEntry[]> {
    return readEntries(this.#options.folder);
  }

  /** Downloads that nobody can read any more. */
  damaged(): Promise<DamagedEntry[]> {
    return readDamaged(this.#options.folder);
  }

  open(key: string): Promise<FileSource[]> {
    return openDownloaded(this.#options.folder, key);
  }

  /** Waits for a download of it in another tab. */
  remove(key: string): Promise<void> {
    const { folder, exclusive } = this.#options;
    return exclusive(`hub/${key}`, () => removeEntry(folder, key));
  }

  async #offer(reference: HubReference, access: HubAccess): Promise<HubOffer> {
    return reference.kind === 'model'
      ? this.#offerModel(reference, access)
      : this.#offerData(reference, access);
  }

  async #offerModel(reference: HubReference, access: HubAccess): Promise<HubOffer> {
    const { folder, file } = splitPath(reference.path);
    const listing = await listRepository(reference, folder, access);
    if (isLoneAdapter(listing)) return this.#offerAdapter(reference, listing, access);
    return this.#made(reference, listing, modelChoices(listing, file));
  }

  /** An adapter is opened with the model that it was trained on, which its configuration names. */
  async #offerAdapter(reference: HubReference, listing: Listing, access: HubAccess): Promise<HubOffer> {
    const own = adapterFiles(listing);
    const config = own.find(({ as }) => as === 'adapter_config.json')!;
    const source = await fetchSmall(config, mostConfigBytes, access);
    const base = baseOf(parseJson(await readText(source, mostConfigBytes), config.as));
    const baseListing = await listRepository(base, null, access);
    const files = own.map((file) => ({ ...file, as: `adapter/${file.as}` }));
    const choices = modelChoices(baseListing, null)
      .filter((choice) => choice.files.length > 1)
      .map((choice) => ({
        label: `adapter on ${baseListing.name} (${choice.label})`,
        files: [...choice.files, ...files],
      }));
    if (choices.length === 0) throw noSuchFile(baseListing.name, 'model.safetensors');
    const note = `This is an adapter: it comes with the model that it belongs to, ${baseListing.name}.`;
    return this.#made(reference, listing, choices, [note]);
  }

  async #offerData(reference: HubReference, access: HubAccess): Promise<HubOffer> {
    const { folder, file } = splitPath(reference.path);
    const listing = await listRepository(reference, folder, access);
    const choices = dataChoices(listing, file);
    if (file !== null && choices[0]?.files[0]?.path !== file) throw noSuchFile(listing.name, file);
    if (choices.length > 0) return this.#made(reference, listing, choices);
    const converted = { ...reference, revision: parquetBranch };
    const parquet = await listRepository(converted, null, access).catch((error: unknown) => {
      throw error instanceof PareError && error.code === 'hub-not-found'
        ? noData(listing.name, listing.files)
        : error;
    });
    const fromParquet = dataChoices(parquet, null);
    if (fromParquet.length === 0) throw noData(listing.name, listing.files);
    const note = 'The files are the hub’s own Parquet copy: the repository has none that Pare reads.';
    return this.#made(converted, parquet, fromParquet, [note]);
  }

  async #made(
    { kind, revision }: HubReference,
    { name, commit, cut, files }: Listing,
    choices: readonly Pick<HubSelection, 'label' | 'files'>[],
    notes: readonly string[] = [],
  ): Promise<HubOffer> {
    const selections = choices.map((choice) => ({ kind, name, revision, commit, ...choice }));
    const some = cut ? [`The repository has many files; the first ${files.length} were looked at.`] : [];
    return {
      kind,
      name,
      revision,
      commit,
      choices: await Promise.all(selections.map((selection) => this.#choice(selection))),
      offline: null,
      notes: [...notes, ...some],
    };
  }

  async #choice(selection: HubSelection): Promise<HubChoice> {
    const key = await keyOf(selection);
    const entry = await readEntry(this.#options.folder, key);
    const { kept = 0, complete = false } = entry ?? {};
    return { selection, key, bytes: bytesOf(selection), kept, complete };
  }

  /** The downloads of this name that are complete; null where there are none. */
  async #copiesOf({ kind, name, revision, path }: HubReference): Promise<HubOffer | null> {
    const found = (await this.entries()).filter(
      ({ complete, selection }) =>
        complete &&
        selection.kind === kind &&
        selection.name.toLowerCase() === name.toLowerCase() &&
        (selection.revision === revision ||
          selection.commit === revision ||
          selection.revision === parquetBranch) &&
        (path === null ||
          selection.files.some((file) => file.path === path || file.path.startsWith(`${path}/`))),
    );
    const [latest] = found;
    if (!latest) return null;
    const { commit } = latest.selection;
    return {
      ...latest.selection,
      commit,
      choices: found.map(({ selection, key, bytes, kept, complete }) => ({
        selection,
        key,
        bytes,
        kept,
        complete,
      })),
      offline: null,
      notes: [],
    };
  }
}

/** A path with a file's ending names a file; any other one a folder. */
function splitPath(path: string | null): { folder: string | null; file: string | null } {
  if (path === null) return { folder: null, file: null };
  if (!/\.[A-Za-z]\w*$/.test(path)) return { folder: path, file: null };
  const slash = path.lastIndexOf('/');
  return { folder: slash > 0 ? path.slice(0, slash) : null, file: path };
}

const adapterSchema = z.looseObject({ base_model_name_or_path: z.string().min(1).max(300) });

function baseOf(config: unknown): HubReference {
  const remedy = 'Open the model that it belongs to as a folder, together with the adapter.';
  const { base_model_name_or_path: base } = checked(adapterSchema, config, 'adapter_config.json', remedy);
  try {
    return parseReference(base, 'model');
  } catch {
    throw new PareError(
      'hub-no-base',
      `The adapter was trained on “${base.slice(0, 80)}”, which is no name on the hub.`,
      remedy,
    );
  }
}

const isUnreachable = (error: unknown): boolean =>
  error instanceof PareError && ['hub-offline', 'hub-server', 'hub-busy'].includes(error.code);

const otherKind = ({ kind, name }: HubReference): PareError =>
  new PareError(
    'hub-kind',
    `${name} is a ${kind === 'model' ? 'model' : 'data set'}.`,
    kind === 'model' ? 'Type it in the Model panel.' : 'Type it in the Data panel.',
  );
