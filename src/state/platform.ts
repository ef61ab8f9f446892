/**
 * What the stores need of a page. Injected by the composition root, so that actions run in tests without a DOM.
 */
export interface Platform {
  /** Gives the user a file. */
  save: (
    name: string,
    content: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | string,
  ) => Promise<void>;
  /** Puts text on the clipboard; false where the browser refuses. */
  copy: (text: string) => Promise<boolean>;
  address: { read: () => string; replaceFragment: (fragment: string) => void; clearFragment: () => void };
}

let current: Platform | null = null;

export function providePlatform(given: Platform): void {
  current = given;
}

export function platform(): Platform {
  if (!current) throw new Error('providePlatform was not called');
  return current;
}
