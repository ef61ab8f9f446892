import { createStore } from 'zustand/vanilla';
import type { SessionView } from '../session/view.ts';
import type { GenerateRequest } from '../workers/studio.protocol.ts';
import { engine } from './engine.ts';
import { reportError } from './notices.ts';
import { sessionStore } from './session.ts';

type Which = GenerateRequest['which'];

export interface Answer {
  text: string;
  tokensPerSecond: number | null;
}

interface PreviewState {
  /** The model that is answering now. */
  answering: Which | null;
  /** What the answers answer, and which session's chosen model the second one is of; null before any. */
  asked: { prompt: string; date: string | null; genome: string } | null;
  original: Answer;
  chosen: Answer;
}

const silent: Answer = { text: '', tokensPerSecond: null };

/** The same prompt answered by the original and by the chosen model. Never part of the session. */
export const previewStore = createStore<PreviewState>(() => ({
  answering: null,
  asked: null,
  original: silent,
  chosen: silent,
}));

/** Which model is the chosen one of the session on the page. */
const chosenModel = ({ date, chosen }: SessionView): { date: string | null; genome: string } => ({
  date,
  genome: chosen?.genome.join() ?? '',
});

/** Whether the answers are those of the models on the page: a new run and another choice have not answered yet. */
export function isAnswered({ asked }: Pick<PreviewState, 'asked'>, view: SessionView): boolean {
  const { date, genome } = chosenModel(view);
  return asked !== null && asked.date === date && asked.genome === genome;
}

const showEvery = 100;
let cancelled = false;

/** One after the other: both at once would only take turns on the same device. */
export async function askBoth(prompt: string, maxTokens: number): Promise<void> {
  if (previewStore.getState().answering !== null || prompt.trim() === '') return;
  previewStore.setState({
    asked: { prompt, ...chosenModel(sessionStore.getState().view) },
    original: silent,
    chosen: silent,
  });
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
  let over = false;
  const result = await client.generate(request, (text) => {
    // On a port of their own, parts may come after the whole.
    if (over || performance.now() - shown < showEvery) return;
    shown = performance.now();
    previewStore.setState({ [which]: { text, tokensPerSecond: null } });
  });
  over = true;
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
