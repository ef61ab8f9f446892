import { createStore } from 'zustand/vanilla';
import { engine } from './engine.ts';
import { reportError } from './notices.ts';
import { platform } from './platform.ts';

/** The last export, with what its format could not carry. */
export const exportStore = createStore<{
  busy: boolean;
  file: { name: string; notes: readonly string[] } | null;
}>(() => ({ busy: false, file: null }));

export async function exportModel(): Promise<void> {
  if (exportStore.getState().busy) return;
  exportStore.setState({ busy: true, file: null });
  try {
    const client = await engine();
    const { name, stream, notes } = await client.exportModel();
    await platform().save(name, stream);
    exportStore.setState({ file: { name, notes } });
  } catch (error) {
    reportError(error);
  } finally {
    exportStore.setState({ busy: false });
  }
}
