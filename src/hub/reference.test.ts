import { describe, expect, it } from 'vitest';
import { looksLikeReference, parseReference } from './reference.ts';

describe('a name on the hub', () => {
  it.each([
    ['HuggingFaceTB/SmolLM2-135M', 'model', 'HuggingFaceTB/SmolLM2-135M', 'main', null],
    [' gpt2 ', 'model', 'gpt2', 'main', null],
    ['a/b@v1.0', 'model', 'a/b', 'v1.0', null],
    ['a/b@refs/pr/3', 'model', 'a/b', 'refs/pr/3', null],
    ['a/b:x/y-Q8_0.gguf', 'model', 'a/b', 'main', 'x/y-Q8_0.gguf'],
    ['https://huggingface.co/a/b', 'model', 'a/b', 'main', null],
    ['huggingface.co/a/b/tree/dev/sub/dir?x=1#y', 'model', 'a/b', 'dev', 'sub/dir'],
    ['https://hf.co/a/b/blob/main/c%20d.gguf', 'model', 'a/b', 'main', 'c d.gguf'],
    ['https://huggingface.co/a/b/tree/refs%2Fpr%2F1', 'model', 'a/b', 'refs/pr/1', null],
    ['https://huggingface.co/a/b/tree/refs/convert/parquet/x', 'model', 'a/b', 'refs/convert/parquet', 'x'],
    ['datasets/openai/gsm8k', 'dataset', 'openai/gsm8k', 'main', null],
    ['https://huggingface.co/datasets/openai/gsm8k/viewer/main', 'dataset', 'openai/gsm8k', 'main', null],
    ['https://huggingface.co/datasets/a/b/resolve/main/d/t.csv', 'dataset', 'a/b', 'main', 'd/t.csv'],
  ] as const)('%s', (text, kind, name, revision, path) => {
    expect(parseReference(text, 'model')).toEqual({ kind, name, revision, path });
  });

  it.each([
    '',
    'a/b/c',
    '../b',
    'a/..',
    'a/b@../x',
    'a/b:../../etc/passwd',
    'a/b:/etc/passwd',
    'a b/c',
    'https://example.com/a/b',
    'https://huggingface.co.example.com/a/b',
    'https://huggingface.co/',
    'javascript://alert(1)',
    `${'x'.repeat(200)}/y`,
  ])('is not %j', (text) => {
    expect(() => parseReference(text, 'model')).toThrow(expect.objectContaining({ code: 'hub-name' }));
  });

  it('is told apart from a path', () => {
    expect(
      ['a/b', 'a/b@main', 'datasets/a/b', 'a/b:c.csv', 'https://hf.co/a/b'].every(looksLikeReference),
    ).toBe(true);
    expect(['model', './a/b', '/a/b', 'a/b/c', '../a', 'demo', 'data.csv'].some(looksLikeReference)).toBe(
      false,
    );
  });
});
