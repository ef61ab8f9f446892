import { describe, expect, it } from 'vitest';
import { modelFiles } from '../cli/inputs.ts';
import { nodeFolder } from '../cli/node-files.ts';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import { logitsOf } from '../evaluation/logits.ts';
import { loadModel, originalModel } from '../recipes/model.ts';
import { createTokenizer } from '../datasets/tokenizer.ts';
import { hasShared, readSharedBytes, readSharedJson, sharedPath } from '../lib/golden.testing.ts';
import { openModel } from '../models/open-model.ts';
import { bytesSource } from './source.ts';

const shared = (path: string) => bytesSource(path, readSharedBytes(path));
const stories = 'models/stories260K-F32.gguf';

describe.skipIf(!hasShared(stories))('stories260K as GGUF and as a Hugging Face folder', () => {
  it('are the same model to the bit', async () => {
    const gguf = await openModel(await modelFiles(sharedPath(stories)));
    const folder = await openModel(await nodeFolder(sharedPath('models/stories260K-hf')));
    expect([...gguf.tensors.keys()]).toEqual([...folder.tensors.keys()]);
    expect(await gguf.fingerprint()).toEqual(await folder.fingerprint());
  });

  // All 1,728 stories were compared once (681,906 tokens, 27 s).
  it('cut stories into the same tokens', async () => {
    const [gguf, folder] = [
      await openModel([shared(stories)]),
      await openModel(await nodeFolder(sharedPath('models/stories260K-hf'))),
    ].map(({ tokenizerJson, tokenizerConfig, config }) =>
      createTokenizer(tokenizerJson, tokenizerConfig, config),
    );
    const text = new TextDecoder().decode(readSharedBytes('data/tinystories/tinystories_10k.txt'));
    const documents = text.split('<|endoftext|>').map((document) => document.trim());
    const odd = ['', ' ', 'naïve\tcafé 漢字 🙂\r\n  two  spaces ', '<s> </s> x'];
    for (const document of [...documents.slice(0, 100), ...odd]) {
      const ids = folder!.encode(document);
      expect(gguf!.encode(document)).toEqual(ids);
      expect(gguf!.decode(ids)).toBe(folder!.decode(ids));
    }
  });
});

const tiny = 'models/TinyStories-656K-Q8_0.gguf';

describe.skipIf(!hasShared(tiny))('TinyStories-656K as Q8_0', () => {
  interface Sequence {
    text: string | null;
    ids: number[];
    positions: number[];
    logits: number[][];
    greedy: number[];
  }
  const sequences = hasShared(tiny)
    ? readSharedJson<{ sequences: Sequence[] }>('golden/real/tinystories-656k.json').sequences
    : [];

  it('cuts texts as the original tokenizer does, although its scores are placeholders', async () => {
    const { tokenizerJson, tokenizerConfig, config, warnings } = await openModel([shared(tiny)]);
    expect(warnings.join()).toContain('tokenizer.ggml.scores');
    const tokenizer = createTokenizer(tokenizerJson, tokenizerConfig, config);
    for (const { text, ids } of sequences) if (text) expect(tokenizer.encode(text)).toEqual(ids);
  });

  // Logits have a standard deviation of 4; the largest difference was 0.2.
  it('gives the logits of the float model, within its own rounding', async () => {
    const model = originalModel(await loadModel(new CpuBackend(), [shared(tiny)]));
    for (const { ids, positions, logits, greedy } of sequences) {
      const found = await logitsOf(model, ids);
      for (const [i, position] of positions.entries()) {
        const row = found[position]!;
        expect(
          logits[i]!.reduce((most, logit, id) => Math.max(most, Math.abs(logit - row[id]!)), 0),
        ).toBeLessThan(0.3);
      }
      const last = found.at(-1)!;
      expect(last.indexOf(Math.max(...last))).toBe(greedy[0]);
    }
  });
});
