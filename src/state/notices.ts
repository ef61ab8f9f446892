import { createStore } from 'zustand/vanilla';
import { toPareError } from '../workers/errors.ts';

export interface Notice {
  id: number;
  kind: 'error' | 'notice';
  code: string;
  message: string;
  remedy: string | null;
  /** What it was about to do, where its code does not begin with that. */
  about: string | null;
  /** A button that does what the remedy says. */
  action: Action | null;
}

interface Action {
  readonly label: string;
  readonly act: () => void;
}

/** What the page has to say to the person: errors stay until dismissed, the newest first. */
export const noticeStore = createStore<{ notices: readonly Notice[] }>(() => ({ notices: [] }));

/** More would bury the page; the oldest go. */
const most = 3;
let lastId = 0;

function add(notice: Omit<Notice, 'id'>): void {
  const same = (old: Notice) => old.code === notice.code && old.message === notice.message;
  noticeStore.setState(({ notices }) => ({
    notices: [{ ...notice, id: ++lastId }, ...notices.filter((old) => !same(old))].slice(0, most),
  }));
}

/** Shows whatever was thrown, with its remedy. */
export function reportError(error: unknown, about: 'model' | 'data' | null = null): void {
  const { code, message, remedy } = toPareError(error);
  add({ kind: 'error', code, message, remedy, about, action: null });
}

export function notify(
  code: string,
  message: string,
  remedy: string | null = null,
  action: Action | null = null,
): void {
  add({ kind: 'notice', code, message, remedy, about: null, action });
}

export function dismiss(id: number): void {
  noticeStore.setState(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }));
}

/** Takes back what no longer holds, by what it was about or the beginning of its code: a model error once a model has opened. */
export function withdraw(prefix: string): void {
  noticeStore.setState(({ notices }) => ({
    notices: notices.filter(({ code, about }) => about !== prefix && !code.startsWith(prefix)),
  }));
}
