import { expect, it } from 'vitest';
import { clientFixture } from './client.testing.ts';
import { provideEngine } from './engine.ts';
import { askBoth, previewStore } from './preview.ts';

it('asks the original, then the chosen model', async () => {
  provideEngine(() => clientFixture());
  await askBoth('How many?', 8);
  expect(previewStore.getState()).toMatchObject({
    answering: null,
    asked: { prompt: 'How many?' },
    original: { text: 'original', tokensPerSecond: 4 },
    chosen: { text: 'chosen', tokensPerSecond: 4 },
  });
});

it('keeps the whole answer where a part of it comes after that', async () => {
  const late: (() => void)[] = [];
  provideEngine(() =>
    clientFixture({
      generate: ({ which }, onText) => {
        late.push(() => onText(which.slice(0, 3)));
        return Promise.resolve({ text: which, tokens: 2, seconds: 0.5 });
      },
    }),
  );
  await askBoth('How many?', 8);
  for (const come of late) come();
  expect(late).toHaveLength(2);
  expect(previewStore.getState()).toMatchObject({
    original: { text: 'original', tokensPerSecond: 4 },
    chosen: { text: 'chosen', tokensPerSecond: 4 },
  });
});
