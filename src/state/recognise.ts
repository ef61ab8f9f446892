import type { SessionView } from '../session/view.ts';
import type { DataSummary, ModelSummary } from '../workers/studio.protocol.ts';

export type Match = 'same' | 'other' | 'none';

/** Whether what is open is what a session was made with, by fingerprint: names may differ. */
export interface Recognised {
  model: Match;
  data: Match;
}

interface Fingerprints {
  model: { sha256: string } | null;
  data: { sha256: string } | null;
}

export const recognise = (
  { model, data }: Fingerprints | Pick<SessionView, 'model' | 'data'>,
  open: { model: ModelSummary | null; data: DataSummary | null },
): Recognised => ({ model: match(model, open.model), data: match(data, open.data) });

const match = (wanted: { sha256: string } | null, open: { sha256: string } | null): Match => {
  if (!open) return 'none';
  return wanted?.sha256 === open.sha256 ? 'same' : 'other';
};

export const isSame = ({ model, data }: Recognised): boolean => model === 'same' && data === 'same';
