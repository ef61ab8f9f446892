import type { DamagedEntry, HubEntry } from '../hub/cache.ts';
import type { HubSelection } from '../hub/choices.ts';
import type { HubProgress } from '../hub/download.ts';
import type { HubOffer } from '../hub/hub.ts';
import type { HubKind } from '../hub/reference.ts';

export type { DamagedEntry, HubEntry } from '../hub/cache.ts';
export type { HubSelection } from '../hub/choices.ts';
export type { HubProgress } from '../hub/download.ts';
export type { HubChoice, HubOffer } from '../hub/hub.ts';
export type { HubKind } from '../hub/reference.ts';

/**
 * What the page may ask of the worker that talks to the hub; it is started when the first name is typed or the first
 * list of downloads is opened. Rejections are as the studio worker's. `token`: null where there is none; it is never
 * stored.
 */
export interface HubApi {
  /** What a name or an address stands for; copies from before, where the hub cannot be reached. */
  lookUp(text: string, kind: HubKind, token: string | null): Promise<HubOffer>;
  /** Fetches what is missing. Progress comes at most ten times a second. */
  download(
    selection: HubSelection,
    token: string | null,
    onProgress: (progress: HubProgress) => void,
  ): Promise<HubEntry>;
  /** Ends what goes on for this kind, which rejects with the code 'hub-cancelled'. What has arrived stays. */
  cancel(kind: HubKind): Promise<void>;
  /** Downloads, unfinished ones too, the latest first. Asks nobody. */
  entries(): Promise<HubEntry[]>;
  /** What takes room and cannot be read. */
  damaged(): Promise<DamagedEntry[]>;
  remove(key: string): Promise<void>;
}
