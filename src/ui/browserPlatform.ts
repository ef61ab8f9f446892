import type { OpenedLibrary } from '../state/library.ts';
import type { Platform } from '../state/platform.ts';

/** Long enough for the browser to have taken over the download. */
const keepUrlMs = 60_000;

async function toBlob(content: Parameters<Platform['save']>[1]): Promise<Blob> {
  // A Response collects a stream outside the JavaScript heap; browsers move large blobs to disk.
  if (content instanceof ReadableStream) return new Response(content).blob();
  return new Blob([content], { type: 'application/octet-stream' });
}

/** The page itself, for the actions in `state`. */
export const browserPlatform: Platform = {
  save: async (name, content) => {
    const url = URL.createObjectURL(await toBlob(content));
    const anchor = document.createElement('a');
    anchor.href = url;
    anchor.download = name;
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(url), keepUrlMs);
  },
  copy: async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return false;
    }
  },
  address: {
    read: () => location.href,
    replaceFragment: (fragment) => history.replaceState(history.state, '', fragment),
    clearFragment: () => history.replaceState(history.state, '', location.pathname + location.search),
  },
};

/** This site's storage, loaded with the first session that is kept or looked for. */
export async function browserLibrary(): Promise<OpenedLibrary> {
  const [{ askToPersist, openStorage }, { createLibrary }] = await Promise.all([
    import('../storage/open-storage.ts'),
    import('../storage/session-library.ts'),
  ]);
  const storage = await openStorage();
  return { library: createLibrary(storage), notice: storage.notice, persist: askToPersist };
}
