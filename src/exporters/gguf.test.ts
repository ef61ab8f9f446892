import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nodeFolder } from '../cli/node-files.ts';
import { toFloat32 } from '../lib/half.ts';
import type { ModelFolder } from '../formats/model-folder.ts';
import { bytesSource, type FileSource } from '../formats/source.ts';
import { hasShared, sharedPath } from '../lib/golden.testing.ts';
import { openModel } from '../models/open-model.ts';
import { structureOf } from '../models/structure.ts';
import type { ExportFile, FinishedModel } from './exporter.ts';
import { gguf } from './gguf.ts';

const families = hasShared()
  ? readdirSync(sharedPath('golden')).filter((name) =>
      existsSync(sharedPath(`golden/${name}/model.safetensors`)),
    )
  : ['every architecture'];

/** What llama.cpp has no place for. */
const refused = new Map([
  ['opt', /does not know the architecture opt/],
  ['gemma2', /scales attention scores otherwise/],
]);

describe.skipIf(!hasShared())('GGUF files read back', () => {
  it.each(families)('%s: the same model', async (family) => {
    const folder = await openModel(await nodeFolder(sharedPath(`golden/${family}`)));
    const model = finishedOf(folder);
    const check = await gguf.check(model);
    if (refused.has(family)) return expect(check.refused).toMatch(refused.get(family)!);
    expect(check.refused).toBeNull();
    const back = await openModel(await sources(await gguf.files(model, 'card')));
    expect(shapeOf(back)).toEqual(shapeOf(folder));
    for (const name of folder.tensors.keys()) {
      const [was, is] = [await valuesOf(folder, name), await valuesOf(back, name)];
      // Gemma's norms lie in the file plus one: two roundings, below 4.
      const bound =
        folder.config.decoder.norm === 'rms-plus-one' && was.length === folder.config.hiddenSize
          ? 2 ** -22
          : 0;
      expect(was.reduce((most, value, i) => Math.max(most, Math.abs(value - is[i]!)), 0)).toBeLessThanOrEqual(
        bound,
      );
    }
  });

  it('stories260K keeps its tokenizer and its fingerprint', async () => {
    const folder = await openModel(await nodeFolder(sharedPath('models/stories260K-hf')));
    const back = await openModel(await sources(await gguf.files(finishedOf(folder), '')));
    expect(await back.fingerprint()).toEqual(await folder.fingerprint());
    const [was, is] = [folder, back].map(
      ({ tokenizerJson }) => tokenizerJson as { model: object; added_tokens: object },
    );
    expect(is!.model).toMatchObject({ vocab: (was!.model as { vocab: object }).vocab, byte_fallback: true });
    expect(is!.added_tokens).toEqual(was!.added_tokens);
  });
});

describe.skipIf(!hasShared())('an adapter beside a GGUF model', () => {
  it('is read as it was written, its scale in B', async () => {
    const folder = await openModel([
      ...(await nodeFolder(sharedPath('models/stories260K-hf'))),
      ...(await adapterFiles()),
    ]);
    const model = { ...finishedOf(folder), adapters: adaptersOf(folder) };
    const files = await gguf.files(model, '');
    expect(files.map(({ name }) => name)).toContain('adapter.gguf');
    const { peft } = await openModel(await sources(files));
    expect(new Set(peft!.modules.keys())).toEqual(new Set(model.adapters.map(({ module }) => module)));
    for (const { module, rank, scale, a, b } of model.adapters) {
      const found = peft!.modules.get(module)!;
      expect(found).toMatchObject({ rank, scale: 1 });
      const read = async (name: string) => toFloat32(await peft!.store.read(name), 'f32');
      expect(await read(found.a.name)).toEqual(await a());
      expect(await read(found.b.name)).toEqual((await b()).map((value) => scale * value));
    }
  });

  it('alone is refused', async () => {
    const folder = await openModel([
      ...(await nodeFolder(sharedPath('models/stories260K-hf'))),
      ...(await adapterFiles()),
    ]);
    const files = await gguf.files({ ...finishedOf(folder), adapters: adaptersOf(folder) }, '');
    const [adapter] = await sources(files.filter(({ name }) => name === 'adapter.gguf'));
    await expect(openModel([adapter!])).rejects.toThrow(/general\.type is "adapter"/);
  });
});

/** The golden adapter, in a folder below the model's. */
async function adapterFiles(): Promise<FileSource[]> {
  const files = await nodeFolder(sharedPath('golden/lora-stories260K'));
  return files
    .filter(({ path }) => path.startsWith('adapter_'))
    .map((file) => ({ ...file, path: `adapter/${file.path}` }));
}

function adaptersOf({ peft }: ModelFolder): FinishedModel['adapters'] {
  return [...peft!.modules.values()].map(({ module, rank, scale, a, b }) => ({
    module,
    rank,
    scale,
    inputs: a.shape[1]!,
    outputs: b.shape[0]!,
    a: async () => toFloat32(await peft!.store.read(a.name), 'f32'),
    b: async () => toFloat32(await peft!.store.read(b.name), 'f32'),
  }));
}

const valuesOf = async (model: ModelFolder, name: string) => {
  const { bytes, dtype } = await model.readTensor(name);
  return toFloat32(bytes, dtype);
};

/** All of the config but what a GGUF file does not say. */
function shapeOf({ config }: ModelFolder) {
  const { raw: _, dtype: __, modelType: ___, bosTokenId: ____, eosTokenIds: _____, ...rest } = config;
  return { ...rest, decoder: { ...rest.decoder, windows: null } };
}

async function sources(files: readonly ExportFile[]): Promise<FileSource[]> {
  return Promise.all(
    files.map(async ({ name, stream, size }) => {
      const bytes = new Uint8Array(
        await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
      );
      expect(bytes.byteLength).toBe(size);
      return bytesSource(name, bytes);
    }),
  );
}

/** A model as it was opened. */
function finishedOf(folder: ModelFolder): FinishedModel {
  const { name, config, tensors } = folder;
  return {
    ...folder,
    structure: structureOf(config),
    tensors: [...tensors].map(([tensor, { dtype, shape }]) => ({
      name: tensor,
      dtype,
      shape,
      bytes: async () => (await folder.readTensor(tensor)).bytes,
    })),
    codes: [],
    adapters: [],
    base: { name, isOriginal: true, isExported: true },
  };
}
