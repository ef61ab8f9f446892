import type { SessionEvent } from '../session/events.ts';
import { modelFixtures } from './fixtures.testing.ts';
import type { StudioClient } from '../workers/studio.protocol.ts';

/** A studio client that answers at once; tests override what they are about. Never imported by shipped code. */
export function clientFixture(overrides: Partial<StudioClient> = {}): StudioClient {
  const { model, data, estimate } = modelFixtures();
  return {
    start: () => Promise.resolve({ backend: 'cpu', adapter: 'test', notice: null }),
    device: () => Promise.resolve({ backend: 'cpu', adapter: 'test' }),
    openModel: () => Promise.resolve(model),
    openData: () => Promise.resolve(data),
    addTest: () => Promise.resolve(data),
    removeTest: () => Promise.resolve(),
    score: ({ task }) =>
      Promise.resolve({
        task,
        value: 0.245,
        interval: null,
        choice: null,
        examples: 2600,
        tooLong: 0,
        tokens: 31_200,
        seconds: 1.5,
      }),
    measurePerformance: () => Promise.resolve({ model: 'test', parameters: 1, rank: 8, devices: [] }),
    previewTokens: () => Promise.resolve([]),
    estimate: () => Promise.resolve(estimate),
    run: () => Promise.resolve(),
    continueSession: () => Promise.resolve(),
    importSession: () => Promise.resolve({ id: 'imported', log: [], state: 'none' as const }),
    sessionFile: () => Promise.resolve(null),
    verifySession: () => Promise.resolve([]),
    scoreGenomes: () => Promise.resolve([]),
    pause: () => Promise.resolve(),
    resume: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    choose: () => Promise.resolve(),
    generate: ({ which }) => Promise.resolve({ text: which, tokens: 2, seconds: 0.5 }),
    cancelGeneration: () => Promise.resolve(),
    exportFormats: () =>
      Promise.resolve([
        { format: 'hf', title: 'Hugging Face', readers: 'transformers', refused: null, notes: [] },
        { format: 'gptq', title: 'GPTQ', readers: 'vLLM', refused: 'It is not INT4.', notes: [] },
      ]),
    exportModel: () =>
      Promise.resolve({ name: 'model.zip', stream: new ReadableStream<Uint8Array>(), notes: ['exact'] }),
    dispose: () => undefined,
    ...overrides,
  };
}

/** A run that plays the given events back. */
export const replay =
  (events: readonly SessionEvent[]): StudioClient['run'] =>
  (_, onEvents) => {
    onEvents([...events]);
    return Promise.resolve();
  };
