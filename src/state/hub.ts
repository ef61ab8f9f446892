import { createStore } from 'zustand/vanilla';
import { PareError } from '../lib/assert.ts';
import { parseReference } from '../hub/reference.ts';
import { toPareError } from '../workers/errors.ts';
import type {
  DamagedEntry,
  HubApi,
  HubEntry,
  HubKind,
  HubOffer,
  HubProgress,
  HubSelection,
} from '../workers/hub.protocol.ts';
import { openData } from './data.ts';
import { deviceUse, deviceUseText } from './deviceUse.ts';
import { progressAt, type Pace } from './hubPace.ts';
import { askToKeep } from './library.ts';
import { openModel } from './model.ts';
import { notify, reportError, withdraw } from './notices.ts';

/** What goes on with the hub in one panel. */
export interface HubState {
  /** What is looked up; null: nothing. */
  readonly looking: string | null;
  readonly offer: HubOffer | null;
  /** Of the offer's choices. */
  readonly chosen: number;
  /** What comes just now. */
  readonly coming: { readonly selection: HubSelection; readonly pace: Pace } | null;
}

const idle: HubState = { looking: null, offer: null, chosen: 0, coming: null };

/** `token` is kept here and nowhere else. */
export const hubStore = createStore<
  Readonly<Record<HubKind, HubState>> & {
    token: string;
    entries: readonly HubEntry[];
    damaged: readonly DamagedEntry[];
  }
>(() => ({ model: idle, dataset: idle, token: '', entries: [], damaged: [] }));

type HubFactory = (onCrash: () => void) => HubApi;
let factory: HubFactory | null = null;
let running: HubApi | null = null;

export function provideHub(make: HubFactory): void {
  factory = make;
  running = null;
}

/** Its worker is started on first use. */
function client(): HubApi {
  if (!factory) throw new Error('provideHub was not called');
  running ??= factory(() => (running = null));
  return running;
}

const stateOf = (kind: HubKind): HubState => hubStore.getState()[kind];
const change = (kind: HubKind, part: Partial<HubState>): void =>
  hubStore.setState((state) => ({ ...state, [kind]: { ...state[kind], ...part } }));
const panelOf = (kind: HubKind) => (kind === 'model' ? 'model' : 'data');
const token = (): string | null => hubStore.getState().token.trim() || null;

export const setHubToken = (text: string): void => hubStore.setState({ token: text });

export const isHubBusy = ({ looking, coming }: HubState): boolean => looking !== null || coming !== null;

/** What a name stands for, shown before anything is downloaded. */
export async function lookUpOnHub(text: string, kind: HubKind): Promise<void> {
  if (isHubBusy(stateOf(kind))) return;
  withdraw('hub');
  change(kind, { looking: text.trim(), offer: null });
  try {
    const offer = await client().lookUp(text, kind, token());
    change(kind, { offer, chosen: 0 });
    if (offer.offline !== null) notify('hub-copy', `${offer.offline} What was downloaded before is offered.`);
  } catch (error) {
    report(error, kind);
  } finally {
    change(kind, { looking: null });
  }
}

export const chooseOnHub = (kind: HubKind, chosen: number): void => change(kind, { chosen });

export const forgetOffer = (kind: HubKind): void => change(kind, { offer: null });

/** Downloads what is missing of the choice, and opens it. */
export async function openOffer(kind: HubKind): Promise<void> {
  const { offer, chosen } = stateOf(kind);
  const choice = offer?.choices[chosen];
  if (choice) await openSelection(choice.selection);
}

/** The same of what was downloaded before, all or in part. Where all of it is here, nobody is asked. */
export async function openSelection(selection: HubSelection): Promise<void> {
  const { kind } = selection;
  if (isHubBusy(stateOf(kind))) return;
  withdraw('hub');
  const began = Date.now();
  const show = (progress: HubProgress): void => {
    const before = stateOf(kind).coming?.pace ?? null;
    change(kind, { coming: { selection, pace: progressAt(before, progress, Date.now()) } });
  };
  show({ done: 0, total: 0, file: '' });
  try {
    void askToKeep();
    const { key } = await client().download(selection, token(), show);
    change(kind, { coming: null, offer: null });
    await open({ hub: key, name: selection.name }, kind, began);
  } catch (error) {
    report(error, kind);
  } finally {
    change(kind, { coming: null });
    await refreshDownloads();
  }
}

async function open(source: { hub: string; name: string }, kind: HubKind, began: number): Promise<void> {
  const use = deviceUse();
  if (use === 'run' || (use && kind === 'model')) {
    const seconds = Math.round((Date.now() - began) / 1000);
    notify(
      'hub-downloaded',
      `${source.name} has been downloaded in ${seconds} s. It was not opened: ${deviceUseText[use].toLowerCase()}`,
      'Open it from the list of downloads when that is over.',
    );
  } else if (kind === 'model') await openModel(source);
  else await openData(source);
}

export async function cancelHub(kind: HubKind): Promise<void> {
  await client().cancel(kind);
}

/** Reads the list anew; other tabs say nothing. */
export async function refreshDownloads(): Promise<void> {
  try {
    const [entries, damaged] = await Promise.all([client().entries(), client().damaged()]);
    hubStore.setState({ entries, damaged });
  } catch (error) {
    reportError(error);
  }
}

export async function deleteDownload(key: string): Promise<void> {
  try {
    await client().remove(key);
  } catch (error) {
    reportError(error);
  }
  await refreshDownloads();
}

function report(error: unknown, kind: HubKind): void {
  if (toPareError(error).code !== 'hub-cancelled') reportError(error, panelOf(kind));
}

/** For scripts: looks a name up, takes what is proposed, or the file that it is given with, and opens it. */
export async function openFromHub(text: string): Promise<void> {
  try {
    const { kind } = parseReference(text, 'model');
    if (isHubBusy(stateOf(kind))) throw busy();
    await lookUpOnHub(text, kind);
    await openOffer(kind);
  } catch (error) {
    reportError(error);
  }
}

const busy = (): PareError =>
  new PareError('hub-busy', 'Another name is being fetched.', 'Wait until that is done, or cancel it.');
