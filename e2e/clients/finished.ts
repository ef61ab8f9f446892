import { openModel } from '../../src/models/open-model.ts';
import { structureOf } from '../../src/models/structure.ts';
import type { FinishedCodes, FinishedModel } from '../../src/exporters/exporter.ts';
import type { FileSource } from '../../src/formats/source.ts';
import type { StoredInt4 } from '../../src/formats/model-folder.ts';

/** A model as it was opened, as exporters see a finished one: nothing pruned, merged or cut. */
export async function asFinished(files: readonly FileSource[]): Promise<FinishedModel> {
  const folder = await openModel(files);
  const { name, config, tensors, quantized } = folder;
  const int4 = new Map<string, StoredInt4>();
  if (quantized.size > 0)
    await folder.fingerprint({
      tensor: () => {},
      quantized: (module, weight) => void int4.set(module, weight),
    });
  const codes = [...quantized].map(([module, { shape, group, groups, symmetric }]): FinishedCodes => ({
    module,
    shape,
    group,
    groups,
    symmetric,
    codes: () => Promise.resolve(int4.get(module)!.codes),
    grid: () => Promise.resolve(int4.get(module)!.grid),
  }));
  return {
    name,
    config,
    structure: structureOf(config),
    tensors: [...tensors].map(([tensor, { dtype, shape }]) => ({
      name: tensor,
      dtype,
      shape,
      bytes: async () => (await folder.readTensor(tensor)).bytes,
    })),
    codes,
    adapters: [],
    base: { name, isOriginal: true, isExported: true },
    tokenizerJson: folder.tokenizerJson,
    tokenizerConfig: folder.tokenizerConfig,
    generationConfig: folder.generationConfig,
  };
}
