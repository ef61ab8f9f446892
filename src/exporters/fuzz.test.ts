import { describe } from 'vitest';
import { fuzz } from '../formats/fuzz.testing.ts';
import { openZip, zipStream } from '../formats/zip.ts';
import { textStream } from '../formats/safetensors-write.ts';
import { hasShared, readSharedBytes } from '../lib/golden.testing.ts';
import { openModel } from '../models/open-model.ts';
import { tinyConfigs } from '../models/tiny-configs.testing.ts';
import { tinyInt4 } from '../recipes/tiny-int4.testing.ts';
import { randomModel, tinyModel } from '../recipes/tiny-model.testing.ts';
import { readModel, sampleOf, written } from './fuzz-models.testing.ts';
import { readBack } from './onnx/read-back.ts';

const wide = { hidden_size: 32, intermediate_size: 64, num_attention_heads: 4 };
const int4Files = async () => (await tinyInt4({ config: wide, group: 32 })).files;
const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

const template =
  "{% for message in messages %}{{ '<s>' + message['role'] + ': ' + message['content'] | trim }}{% endfor %}";

/** A folder with all that one may have: two shards and their index, an adapter, a chat template. */
async function wholeFolder() {
  const files = await tinyModel();
  const { 'tiny/model.safetensors': weights, ...rest } = await sampleOf(files);
  const peft = await written(files, 'peft');
  const { config } = await openModel(files);
  const index = { weight_map: {} as Record<string, string> };
  for (const name of (await openModel(files)).tensors.keys())
    index.weight_map[name] = 'model-00001-of-00001.safetensors';
  return {
    ...rest,
    'tiny/model-00001-of-00001.safetensors': weights!,
    'tiny/model.safetensors.index.json': text(index),
    'tiny/tokenizer_config.json': text({
      bos_token: '<s>',
      eos_token: { content: '</s>' },
      chat_template: [{ name: 'default', template }],
    }),
    'tiny/generation_config.json': text({ eos_token_id: [3, config.eosTokenIds[0]] }),
    'tiny/adapter/adapter_config.json': peft['adapter_config.json']!,
    'tiny/adapter/adapter_model.safetensors': peft['adapter_model.safetensors']!,
  };
}

/** Every config with the weights that it asks for. */
async function allArchitectures() {
  return Promise.all(
    tinyConfigs.map(async (config) => {
      const files = await randomModel(config);
      return sampleOf(files.filter(({ name }) => !name.startsWith('tokenizer')));
    }),
  );
}

const sharedGguf = 'models/stories260K-F32.gguf';

async function ggufFiles() {
  const [plain, int4] = [
    await written(await tinyModel(wide), 'gguf'),
    await written(await int4Files(), 'gguf'),
  ];
  return [plain, int4].map((files) =>
    Object.fromEntries(Object.entries(files).filter(([name]) => name.endsWith('.gguf'))),
  );
}

describe('hostile models', () => {
  fuzz({ name: 'folder', samples: async () => [await wholeFolder()], open: readModel, runs: 400 });

  fuzz({
    name: 'config.json',
    samples: allArchitectures,
    open: readModel,
    spoils: /config\.json$/,
    runs: 300,
  });

  fuzz({
    name: 'compressed-tensors',
    samples: async () => [await sampleOf(await int4Files())],
    open: readModel,
    spoils: /model\.safetensors$|\/config\.json$/,
  });

  fuzz({
    name: 'gptq',
    samples: async () => [await written(await int4Files(), 'gptq')],
    open: readModel,
    spoils: /model\.safetensors$|^config\.json$/,
  });

  fuzz({ name: 'gguf', samples: ggufFiles, open: readModel, runs: 400 });

  if (hasShared(sharedGguf)) {
    fuzz({
      name: 'gguf of llama.cpp',
      samples: () => Promise.resolve([{ 'stories260K.gguf': readSharedBytes(sharedGguf) }]),
      open: readModel,
      runs: 30,
    });
  }

  fuzz({
    name: 'onnx',
    samples: async () => [
      await written(await tinyModel(wide), 'onnx'),
      await written(await int4Files(), 'onnx'),
    ],
    async open(files) {
      const { floats, int4 } = await readBack(files);
      for (const { read } of [...floats.values(), ...int4.values()]) await read();
    },
    spoils: /\.onnx/,
    runs: 300,
  });

  fuzz({
    name: 'zip',
    samples: zips,
    async open([zip]) {
      const files = await openZip(zip!);
      for (const file of files) await file.read(0, file.size);
    },
    place: /./,
    runs: 300,
  });
});

async function zips() {
  const entries = () =>
    ['config.json', 'data/a.txt', 'b.txt'].map((name) => ({ name, ...textStream(name.repeat(50)) }));
  const { stream } = zipStream(entries());
  const stored = new Uint8Array(await new Response(stream).arrayBuffer());
  const { zipSync } = await import('fflate');
  const deflated = zipSync({ 'a/b.json': new Uint8Array(5000), 'c.txt': new Uint8Array(3) });
  return [{ 'model.zip': stored }, { 'model.zip': new Uint8Array(deflated) }];
}
