import { createStore } from 'zustand/vanilla';
import type { ExportFormat } from '../exporters/exporter.ts';
import type { FormatOffer } from '../workers/studio.protocol.ts';
import { engine } from './engine.ts';
import { reportError } from './notices.ts';
import { platform } from './platform.ts';

interface ExportState {
  busy: boolean;
  file: { name: string; notes: readonly string[] } | null;
  /** The default first; empty until they are known. */
  offers: readonly FormatOffer[];
  /** The user's; null: the default. */
  format: ExportFormat | null;
}

/** What the chosen model can be saved as, and the last export, with what its format could not carry. */
export const exportStore = createStore<ExportState>(() => ({
  busy: false,
  file: null,
  offers: [],
  format: null,
}));

/** The user's choice, or the first format that takes this model; undefined where none does. */
export function wantedOffer({ offers, format }: ExportState): FormatOffer | undefined {
  const possible = offers.filter(({ refused }) => refused === null);
  return possible.find((offer) => offer.format === format) ?? possible[0];
}

/** Asks anew what the chosen model can be saved as: once a run has ended, and after every other choice. */
export async function refreshFormats(): Promise<readonly FormatOffer[]> {
  try {
    const offers = await (await engine()).exportFormats();
    exportStore.setState(({ format }) => ({
      offers,
      // What cannot hold this model is no longer what is asked for.
      format: offers.some((offer) => offer.format === format && offer.refused === null) ? format : null,
    }));
    return offers;
  } catch {
    // Whoever exports is told what is wrong; until then the default will do.
    exportStore.setState({ offers: [], format: null });
    return [];
  }
}

export function chooseFormat(format: ExportFormat): void {
  exportStore.setState({ format, file: null });
}

/** Without a format: the one that is marked on the page, else the one that the method ships as. */
export async function exportModel(format?: ExportFormat): Promise<void> {
  if (exportStore.getState().busy) return;
  const state = exportStore.getState();
  const marked = wantedOffer(state);
  // The default is the worker's to know: offers may be of the run before.
  const wanted = format ?? (marked === state.offers[0] ? undefined : marked?.format);
  exportStore.setState({ busy: true, file: null });
  try {
    const client = await engine();
    const { name, stream, notes } = await client.exportModel(wanted);
    await platform().save(name, stream);
    exportStore.setState({ file: { name, notes } });
  } catch (error) {
    reportError(error);
  } finally {
    exportStore.setState({ busy: false });
  }
}
