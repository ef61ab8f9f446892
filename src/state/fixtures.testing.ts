import { startedFixture } from '../session/session.testing.ts';
import type { DataSummary, MemoryEstimate, ModelSummary } from '../workers/studio.protocol.ts';

/** What a worker would say about the demo. */
export function modelFixtures(): { model: ModelSummary; data: DataSummary; estimate: MemoryEstimate } {
  const started = startedFixture(4);
  return {
    model: {
      ...started.model,
      modules: [],
      macsPerToken: 201_216,
      hasTokenizer: true,
      adapter: null,
      warnings: [],
    },
    data: {
      name: started.data.name,
      sha256: started.data.sha256,
      bytes: started.data.bytes,
      kind: 'pairs',
      dataset: null,
      isChoice: false,
      examples: 2560,
      columns: ['question', 'answer'],
      prompt: 'question',
      answer: 'answer',
      preview: [{ prompt: 'How many?', answer: '3' }],
    },
    estimate: {
      weights: 1e6,
      adapters: 1e5,
      activations: 1e6,
      total: 2.1e6,
      largestBuffer: 1e6,
      bufferLimit: 128 * 2 ** 20,
      split: { train: 2000, validation: 160, test: 400, tooLong: 0 },
      fits: true,
      problem: null,
    },
  };
}
