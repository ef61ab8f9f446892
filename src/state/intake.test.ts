import { describe, expect, it } from 'vitest';
import { sortDropped } from './intake.ts';

const dropped = (...paths: string[]) => paths.map((path) => ({ path, file: new Blob() }));
const sorted = (...paths: string[]) => {
  const { model, data, session } = sortDropped(dropped(...paths));
  return {
    model: model.map((file) => file.path),
    data: data.map((file) => file.path),
    session: session?.path ?? null,
  };
};

describe('sortDropped', () => {
  it('knows a Hugging Face folder', () => {
    const folder = [
      'config.json',
      'model.safetensors',
      'tokenizer.json',
      'quantize_config.json',
      'odd.json',
      'model.onnx',
    ];
    const paths = folder.map((name) => `tiny/${name}`);
    expect(sorted(...paths, 'tiny/README.md', 'tiny/.gitattributes')).toEqual({
      model: paths,
      data: [],
      session: null,
    });
  });

  it('knows bare model files, shards and their index', () => {
    const files = [
      'config.json',
      'model-00001-of-00002.safetensors',
      'model.safetensors.index.json',
      'merges.txt',
      'adapter_config.json',
    ];
    expect(sorted(...files).model).toEqual(files);
  });

  it('knows data by its ending, also beside a model', () => {
    expect(sorted('problems.jsonl', 'a.json', 'b.csv', 'c.txt').data).toEqual([
      'problems.jsonl',
      'a.json',
      'b.csv',
      'c.txt',
    ]);
    expect(sorted('m/config.json', 'm/model.safetensors', 'train.json')).toMatchObject({
      data: ['train.json'],
    });
    expect(sorted('config.json', 'model.safetensors', 'train.json')).toMatchObject({ data: ['train.json'] });
  });

  it('knows a session, and leaves what it does not know', () => {
    expect(sorted('x.pare', 'holiday.jpg')).toEqual({ model: [], data: [], session: 'x.pare' });
  });
});
