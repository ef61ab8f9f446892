import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpu } from '../backends/cpu.testing.ts';
import { bytesSource, type FileSource } from '../formats/source.ts';
import { PareError } from '../lib/assert.ts';
import { codesName, gridName } from '../models/elastic.ts';
import { openModel } from '../models/open-model.ts';
import { loadModel } from './model.ts';
import { tinyInt4 } from './tiny-int4.testing.ts';

describe('an INT4 model', () => {
  it('is the same from a GPTQ checkpoint, also where quantize_config.json says how it is packed', async () => {
    let stated: unknown;
    const edit = (config: Record<string, unknown>) => {
      stated = config['quantization_config'];
      delete config['quantization_config'];
    };
    const { files, modules: written } = await tinyInt4({ packing: 'gptq', edit });
    const { quant_method: _, ...older } = stated as Record<string, unknown>;
    const beside = bytesSource('tiny/quantize_config.json', new TextEncoder().encode(JSON.stringify(older)));
    const model = await loadModel(cpu, [...files, beside]);
    for (const [module, { codes, grid }] of written) {
      expect(await model.store.read(codesName(module)), module).toEqual(codes);
      expect(new Float32Array((await model.store.read(gridName(module))).buffer), module).toEqual(grid);
    }
    await expect(loadModel(cpu, files)).rejects.toThrow('is quantized (qweight)');
  });

  it.each(['compressed-tensors', 'gptq'] as const)(
    '%s never fails in any other way, whatever is changed in its files',
    async (packing) => {
      const { files } = await tinyInt4({ packing, group: 8 });
      const [config, weights, ...others] = files as [FileSource, FileSource, ...FileSource[]];
      const sound = await Promise.all([config, weights].map((file) => file.read(0, file.size)));
      const headerEnd = 8 + Number(new DataView(sound[1]!.buffer).getBigUint64(0, true));
      const edit = fc.tuple(fc.nat(1), fc.nat(), fc.constantFrom(...'0123456789"[]{}:,-etI'));
      await fc.assert(
        fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
          const bytes = sound.map((whole) => whole.slice());
          for (const [file, at, character] of edits) {
            const length = file === 0 ? sound[0]!.length : headerEnd;
            bytes[file]![at % length] = character.charCodeAt(0);
          }
          const changed = [config, weights].map(({ path }, i) => bytesSource(path, bytes[i]!));
          const problem = await openModel([...changed, ...others])
            .then((folder) => folder.fingerprint())
            .then(
              () => null,
              (error: unknown) => error,
            );
          if (problem !== null) expect(problem).toBeInstanceOf(PareError);
        }),
        { numRuns: 300 },
      );
    },
  );
});
