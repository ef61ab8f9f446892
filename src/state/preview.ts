import { createStore } from 'zustand/vanilla';
import type { GenerateRequest } from '../workers/studio.protocol.ts';
import { engine } from './engine.ts';
import { reportError } from './notices.ts';

type Which = GenerateRequest['which'];

export interface Answer {
  text: string;
  tokensPerSecond: number | null;
}

interface PreviewState {
  /** The model that is answering now. */
  answering: Which | null;
  original: Answer;
  chosen: Answer;
}

const silent: Answer = { text: '', tokensPerSecond: null };

/** The same prompt answered by the original and by the chosen model. Never part of the session. */
export const previewStore = createStore<PreviewState>(() => ({
  answering: null,
  original: silent,
  chosen: silent,
}));

const showEvery = 100;
let cancelled = false;

/** One after the other: both at once would only take turns on the same device. */
export async function askBoth(prompt: string, maxTokens: number): Promise<void> {
  if (previewStore.getState().answering !== null || prompt.trim() === '') return;
  previewStore.setState({ original: silent, chosen: silent });
  cancelled = false;
  try {
    for (const which of ['original', 'chosen'] as const) {
      if (!cancelled) await answer({ prompt, which, maxTokens });
    }
  } catch (error) {
    reportError(error);
  } finally {
    previewStore.setState({ answering: null });
  }
}

async function answer(request: GenerateRequest): Promise<void> {
  const { which } = request;
  previewStore.setState({ answering: which });
  const client = await engine();
  let shown = 0;
  const result = await client.generate(request, (text) => {
    if (performance.now() - shown < showEvery) return;
    shown = performance.now();
    previewStore.setState({ [which]: { text, tokensPerSecond: null } });
  });
  const tokensPerSecond = result.seconds > 0 ? result.tokens / result.seconds : null;
  previewStore.setState({ [which]: { text: result.text, tokensPerSecond } });
}

export async function stopAnswering(): Promise<void> {
  cancelled = true;
  try {
    await (await engine()).cancelGeneration();
  } catch (error) {
    reportError(error);
  }
}
