import { describe, expect, it } from 'vitest';
import { nodeFolder } from '../cli/node-files.ts';
import { createTokenizer } from '../datasets/tokenizer.ts';
import { hasShared, readSharedBytes, sharedPath } from '../lib/golden.testing.ts';
import { openModel } from '../models/open-model.ts';
import { bytesSource } from './source.ts';

const shared = (path: string) => bytesSource(path, readSharedBytes(path));
const stories = 'models/stories260K-F32.gguf';

describe.skipIf(!hasShared(stories))('stories260K as GGUF and as a Hugging Face folder', () => {
  it('are the same model to the bit', async () => {
    const gguf = await openModel([shared(stories)]);
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
