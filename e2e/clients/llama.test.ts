import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nodeFolder } from '../../src/cli/node-files.ts';
import { gguf } from '../../src/exporters/gguf.ts';
import { hasShared, readSharedJson, sharedPath } from '../../src/lib/golden.testing.ts';
import { asFinished } from './finished.ts';
import { LlamaDecoder } from './llama.ts';
import { written } from './written.ts';

interface Sequence {
  ids: number[];
  positions: number[];
  logits: number[][];
  greedy: number[];
}

const families = readdirSync(sharedPath('golden')).filter((name) =>
  existsSync(sharedPath(`golden/${name}/model.safetensors`)),
);

describe('golden', () => {
  for (const family of families) {
    it(family, async () => {
      const model = await asFinished(await nodeFolder(sharedPath(`golden/${family}`)));
      const check = await gguf.check(model);
      console.log(family, check);
      if (check.refused) return;
      const files = await gguf.files(model, '');
      const path = `${await written(files)}/${files[0]!.name}`;
      const decoder = await LlamaDecoder.open(path);
      const { sequences } = readSharedJson<{ sequences: Sequence[] }>(`golden/${family}/golden.json`);
      for (const { ids, positions, logits, greedy } of sequences) {
        const found = await decoder.predict(ids, positions);
        let worst = 0;
        positions.forEach((position, i) => {
          const row = logits[i]!;
          const top = Math.max(...row);
          const norm = Math.log(row.reduce((all, x) => all + Math.exp(x - top), 0)) + top;
          row.forEach((x, token) => { worst = Math.max(worst, Math.abs(found.get(position)![token]! - (x - norm)) ); });
        });
        console.log(family, ids.length, worst, (await decoder.greedy(ids, 3)).join() === greedy.slice(0, 3).join());
      }
      await decoder.close();
    });
  }
});
