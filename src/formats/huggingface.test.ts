import { describe, expect, it } from 'vitest';
import { nodeFolder } from '../cli/node-files.ts';
import { PareError } from '../lib/assert.ts';
import { hasShared, readSharedBytes, readSharedJson, sharedPath } from '../lib/golden.testing.ts';
import { configOf } from '../models/config.testing.ts';
import { openModel } from '../models/open-model.ts';
import { expectedTensors } from './expected-tensors.ts';
import { findModelFiles } from './folder.ts';
import { openSafetensors } from './safetensors.ts';
import { safetensorsStream } from './safetensors-write.ts';
import { bytesSource, type FileSource } from './source.ts';

const configJson = {
  model_type: 'llama',
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  vocab_size: 10,
  tie_word_embeddings: false,
  eos_token_id: 2,
};

type Shapes = Map<string, readonly number[]>;

const shapesOf = (changes: object = {}): Shapes =>
  new Map(
    [...expectedTensors(configOf({ ...configJson, ...changes }))].map(([name, { shape }]) => [name, shape]),
  );

const text = (path: string, content: unknown): FileSource =>
  bytesSource(path, new TextEncoder().encode(JSON.stringify(content)));

/** A weight file; every tensor's elements are its place in the list (or `fill`). */
async function weights(
  path: string,
  shapes: Shapes,
  dtype: 'F32' | 'F16' | 'I32' = 'F32',
  fill?: number,
): Promise<FileSource> {
  const width = dtype === 'F16' ? 2 : 4;
  const tensors = [...shapes].map(([name, shape], i) => ({
    name,
    dtype,
    shape,
    bytes: () => Promise.resolve(new Uint8Array(shape.reduce((a, b) => a * b, width)).fill(fill ?? i)),
  }));
  const { stream } = safetensorsStream(tensors);
  return bytesSource(
    path,
    new Uint8Array(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer()),
  );
}

const opened = async (changes: object, ...files: (FileSource | Promise<FileSource>)[]) =>
  openModel([
    text('config.json', { ...configJson, ...changes }),
    ...(await Promise.all(files.map((file) => Promise.resolve(file)))),
  ]);

async function refusal(promise: Promise<unknown>): Promise<PareError> {
  const error = await promise.then(
    () => null,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(PareError);
  return error as PareError;
}

const folders = [
  ...['gqa-untied', 'gqa-tied', 'rope-llama3', 'headdim-bias', 'rope-parameters', 'bf16', 'f16'].map(
    (name) => `golden/llama-${name}`,
  ),
  'models/stories260K-hf',
];

describe.each(folders)('%s', (folder) => {
  it.skipIf(!hasShared(folder))('opens, with every tensor as the file has it', async () => {
    const model = await openModel(await nodeFolder(sharedPath(folder)));
    expect([...model.tensors.keys()]).toEqual([...expectedTensors(model.config).keys()]);
    expect(model.warnings).toEqual([]);
    expect(await model.spareHead()).toBe('absent');
    const file = await openSafetensors(bytesSource('m', readSharedBytes(`${folder}/model.safetensors`)));
    for (const [name, entry] of model.tensors) {
      const tensor = await model.readTensor(name);
      expect(tensor.dtype).toBe(model.config.dtype);
      expect(tensor.shape).toEqual(entry.shape);
      const own = file.entries.has(name) ? name : name.replace(/^model\./, '');
      expect(Buffer.compare(tensor.bytes, await file.read(own))).toBe(0);
    }
    expect((await model.fingerprint()).sha256).toMatch(/^[0-9a-f]{64}$/);
  });
});

const goldenConfig = (name: string) => configOf(readSharedJson(`golden/llama-${name}/config.json`), name);

describe('golden configs', () => {
  it.skipIf(!hasShared('golden'))('are normalised', async () => {
    expect(goldenConfig('headdim-bias')).toMatchObject({
      headDim: 16,
      decoder: { biases: ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] },
    });
    expect(goldenConfig('rope-parameters')).toMatchObject({
      ropeTheta: 500_000,
      ropeScaling: null,
      dtype: 'f32',
    });
    expect(goldenConfig('rope-llama3').ropeScaling).toMatchObject({ type: 'llama3', factor: 8 });
    expect(goldenConfig('gqa-tied')).toMatchObject({ tied: true, kvHeads: 1 });
  });
});

describe('tied weights', () => {
  const untied = shapesOf();
  const without = (name: string): Shapes => new Map([...untied].filter(([key]) => key !== name));

  it.each(['model.embed_tokens.weight', 'lm_head.weight'])(
    'are found where only the other one of %s is there',
    async (name) => {
      const model = await opened({ tie_word_embeddings: true }, weights('model.safetensors', without(name)));
      expect(model.config.tied).toBe(true);
      expect(model.tensors.has('lm_head.weight')).toBe(false);
      expect((await model.readTensor('model.embed_tokens.weight')).shape).toEqual([10, 8]);
      expect(model.warnings).toEqual([]);
      const stubborn = await opened({}, weights('model.safetensors', without(name)));
      expect(stubborn.config.tied).toBe(true);
      expect(stubborn.warnings[0]).toContain('does not tie');
    },
  );

  it('keep the embedding where both are there', async () => {
    const equal = await opened({ tie_word_embeddings: true }, weights('model.safetensors', untied, 'F32', 7));
    expect(equal.tensors.size).toBe(untied.size - 1);
    expect(await equal.spareHead()).toBe('equal');
    const different = await opened({ tie_word_embeddings: true }, weights('model.safetensors', untied));
    expect(await different.spareHead()).toBe('different');
    expect((await different.readTensor('model.embed_tokens.weight')).bytes[0]).toBe(0);
  });

  it('are both asked for where neither is there', async () => {
    const neither = new Map(
      [...without('lm_head.weight')].filter(([key]) => key !== 'model.embed_tokens.weight'),
    );
    const error = await refusal(opened({}, weights('model.safetensors', neither)));
    expect(error.message).toContain('model.embed_tokens.weight, lm_head.weight');
  });
});

describe('opening a folder', () => {
  it('takes a folder in a folder, names without the prefix, and ignored buffers', async () => {
    const bare: Shapes = new Map(
      [...shapesOf()].map(([name, shape]) => [name.replace(/^model\./, ''), shape]),
    );
    bare.set('layers.0.self_attn.rotary_emb.inv_freq', [2]);
    const files = [
      text('drop/tiny/config.json', configJson),
      text('drop/tiny/tokenizer.json', { model: { vocab: { constructor: 1 } } }),
      text('drop/tiny/generation_config.json', { eos_token_id: [2, 3] }),
      await weights('drop/tiny/model.safetensors', bare),
    ];
    const model = await openModel(files);
    expect(model.name).toBe('tiny');
    expect(model.config.eosTokenIds).toEqual([2, 3]);
    expect(model.tokenizerJson).toEqual({ model: { vocab: { constructor: 1 } } });
    expect((await model.readTensor('model.layers.0.mlp.up_proj.weight')).shape).toEqual([12, 8]);
    expect(model.bytes).toBe(
      [...model.tensors.values()].reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0),
    );
  });

  it('refuses two names of the same tensor', async () => {
    const twice = shapesOf().set('norm.weight', [8]);
    await expect(opened({}, weights('model.safetensors', twice))).rejects.toThrow(
      'model.safetensors: model.norm.weight and norm.weight are names of the same tensor.',
    );
  });

  it('gives the same fingerprint however the file is cut, and another one for other weights', async () => {
    const shapes = shapesOf();
    const whole = await opened({}, weights('model.safetensors', shapes, 'F32', 1));
    const [a, b] = [new Map([...shapes].slice(0, 4)), new Map([...shapes].slice(4))];
    const names = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const;
    const shards = [await weights(names[0], a, 'F32', 1), await weights(names[1], b, 'F32', 1)];
    const map = Object.fromEntries(
      [...shapes.keys()].map((name) => [name, a.has(name) ? names[0] : names[1]]),
    );
    const cut = await opened({}, ...shards, text('model.safetensors.index.json', { weight_map: map }));
    const seen: string[] = [];
    const print = await cut.fingerprint({
      tensor: (name) => void seen.push(name),
      quantized: () => expect.unreachable(),
    });
    expect(print).toEqual(await whole.fingerprint());
    expect(seen.toSorted()).toEqual([...shapes.keys()].toSorted());
    expect((await (await opened({}, ...shards)).fingerprint()).sha256).toBe(print.sha256);
    const other = await opened({}, weights('model.safetensors', shapes, 'F32', 2));
    expect((await other.fingerprint()).sha256).not.toBe(print.sha256);
  });

  it('names what is wrong with shards', async () => {
    const map = {
      'lm_head.weight': 'model-00002-of-00002.safetensors',
      'model.norm.weight': '../secret.safetensors',
    };
    const index = text('model.safetensors.index.json', { weight_map: map });
    const missing = await refusal(opened({}, index));
    expect(missing.message).toContain('../secret.safetensors, model-00002-of-00002.safetensors');
    const empty = await weights('a.safetensors', new Map());
    const lying = text('model.safetensors.index.json', { weight_map: { x: 'a.safetensors' } });
    expect((await refusal(opened({}, lying, empty))).message).toContain('puts x into a.safetensors');
    const half = await weights('model-00001-of-00003.safetensors', shapesOf());
    expect((await refusal(opened({}, half))).message).toContain('there are 3 weight files; 1 of them');
    const twice = [weights('m-1-of-2.safetensors', shapesOf()), weights('m-2-of-2.safetensors', shapesOf())];
    expect((await refusal(opened({}, ...twice))).message).toContain('in another file as well');
  });

  it.each<[string, object, (shapes: Shapes) => void, RegExp]>([
    [
      'a missing tensor',
      {},
      (s) => s.delete('model.norm.weight'),
      /1 of the 12 tensors .* missing: model\.norm\.weight/,
    ],
    [
      'many missing tensors',
      { num_hidden_layers: 3 },
      () => undefined,
      /18 of the 30 tensors .*… \(14 more\)/,
    ],
    [
      'an unexpected tensor',
      {},
      (s) => s.set('model.layers.0.self_attn.q_proj.bias', [8]),
      /1 tensor has no place .*q_proj\.bias/,
    ],
    [
      'a wrong shape',
      {},
      (s) => s.set('lm_head.weight', [10, 9]),
      /lm_head\.weight is \[10, 9\], but config\.json makes it \[10, 8\]/,
    ],
    ['a wrong rank', {}, (s) => s.set('model.norm.weight', [1, 8]), /model\.norm\.weight is \[1, 8\]/],
  ])('refuses %s', async (_, changes, change, message) => {
    const shapes = shapesOf();
    change(shapes);
    expect((await refusal(opened(changes, weights('model.safetensors', shapes)))).message).toMatch(message);
  });

  it('says of an adapter alone which model it needs', async () => {
    const adapter = text('a/adapter_config.json', { base_model_name_or_path: 'tiny/llama' });
    const named = await refusal(
      openModel([adapter, await weights('a/adapter_model.safetensors', new Map())]),
    );
    expect(named.message).toBe(
      'a/adapter_config.json is of a PEFT adapter, and its base model, which it calls tiny/llama, is not with it.',
    );
    expect(named.remedy).toContain("together with the model's folder");
    const bare = await refusal(openModel([await weights('adapter_model.safetensors', new Map())]));
    expect(bare.message).toContain('is of a PEFT adapter, and its base model is not with it');
  });

  it('says of an ONNX folder that it is written and not read', async () => {
    const graph = bytesSource('m/onnx/model_q4.onnx', new Uint8Array());
    for (const files of [[text('m/config.json', configJson), graph], [graph]]) {
      const error = await refusal(openModel(files));
      expect(error.message).toContain('m/onnx/model_q4.onnx: ONNX is written here, not read');
      expect(error.remedy).toContain('compressed-tensors or GGUF');
    }
    await opened({}, weights('model.safetensors', shapesOf()), graph);
  });

  it('takes the one adapter that was dropped beside the model', async () => {
    const config = text('m.zip/config.json', configJson);
    const model = [config, await weights('m.zip/model.safetensors', shapesOf())];
    const adapter = (folder: string) => text(`${folder}/adapter_config.json`, {});
    expect(findModelFiles([...model, adapter('a/b')]).adapterConfig?.path).toBe('a/b/adapter_config.json');
    expect(findModelFiles([...model, adapter('m.zip/checkpoints/9')]).adapterConfig).toBeNull();
    for (const adapters of [
      [adapter('m.zip/adapter'), adapter('b')],
      [adapter('a'), adapter('b')],
    ])
      expect((await refusal(openModel([...model, ...adapters]))).code).toBe('adapter-ambiguous');
  });

  it('refuses two models, whatever their form and depth', async () => {
    const model = [text('a/config.json', configJson), await weights('a/model.safetensors', shapesOf())];
    for (const other of ['b/c/config.json', 'b/x.gguf'])
      expect((await refusal(openModel([...model, text(other, {})]))).message).toContain(
        `a/config.json and ${other}`,
      );
    await openModel([...model, text('a/checkpoint/config.json', {}), text('a/x.gguf', {})]);
  });

  it('refuses what is no folder of a model', async () => {
    expect((await refusal(openModel([]))).code).toBe('config-missing');
    const gguf = await refusal(openModel([bytesSource('a.gguf', new Uint8Array())]));
    expect(gguf.code).toBe('gguf-invalid');
    const two = [text('a/config.json', configJson), text('b/config.json', configJson)];
    expect((await refusal(openModel(two))).message).toContain('a/config.json and b/config.json');
    const pickle = bytesSource('pytorch_model.bin', new Uint8Array());
    expect((await refusal(opened({}, pickle))).message).toContain('only pytorch_model.bin');
    const several = [weights('a.safetensors', new Map()), weights('b.safetensors', new Map())];
    expect((await refusal(opened({}, ...several))).code).toBe('weights-ambiguous');
    expect((await refusal(opened({}, weights('m.safetensors', shapesOf(), 'I32')))).message).toMatch(
      /is stored as I32/,
    );
    const broken = bytesSource('config.json', new TextEncoder().encode('{'));
    expect((await refusal(openModel([broken]))).message).toMatch(/^config\.json, line 1/);
  });
});
