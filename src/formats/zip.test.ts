import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { PareError } from '../lib/assert.ts';
import { textStream } from './safetensors-write.ts';
import { bytesSource, readText } from './source.ts';
import { openZip, unzipped, zipStream } from './zip.ts';

const files = () => [
  { name: 'model/config.json', ...textStream('{}') },
  { name: 'model/adapter/überall.txt', ...textStream('hello') },
];

async function zipped(modified?: Date): Promise<Uint8Array> {
  const { size, stream } = zipStream(files(), modified);
  const bytes = new Uint8Array(
    await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
  expect(bytes.length).toBe(size);
  return bytes;
}

describe('zip', () => {
  it('streams files that open again, byte for byte the same each time', async () => {
    const bytes = await zipped();
    expect(await zipped()).toEqual(bytes);
    const opened = await openZip(bytesSource('m.zip', bytes));
    expect(opened.map(({ path }) => path)).toEqual(['model/config.json', 'model/adapter/überall.txt']);
    expect(await readText(opened[1] as (typeof opened)[number], 10)).toBe('hello');
  });

  it('opens compressed zips and passes over folders', async () => {
    const bytes = zipSync({ 'a/': new Uint8Array(), 'a/b.txt': new Uint8Array(1000) });
    const opened = await openZip(bytesSource('m.zip', bytes));
    expect(opened.map(({ path, size }) => [path, size])).toEqual([['a/b.txt', 1000]]);
  });

  it('opens several together, each as a folder, one alone as it is', async () => {
    const zip = (path: string, inner: string) =>
      bytesSource(path, zipSync({ [inner]: new TextEncoder().encode(path) }));
    const [base, adapter] = [zip('base.zip', 'config.json'), zip('Adapter.ZIP', 'x/adapter_config.json')];
    const loose = bytesSource('tokenizer.json', new Uint8Array(1));
    const both = await unzipped([base, loose, adapter]);
    expect(both.map(({ path }) => path)).toEqual([
      'base/config.json',
      'tokenizer.json',
      'Adapter/x/adapter_config.json',
    ]);
    expect(await readText(both[2]!, 20)).toBe('Adapter.ZIP');
    expect((await unzipped([base, loose])).map(({ path }) => path)).toEqual([
      'config.json',
      'tokenizer.json',
    ]);
  });

  it('refuses bombs and what is no zip', async () => {
    const bomb = bytesSource('m.zip', zipSync({ a: new Uint8Array(100_000) }));
    await expect(openZip(bomb, { bytes: 50_000, files: 10 })).rejects.toThrowError(
      /unpacks to 1 files of 100000 bytes/,
    );
    await expect(
      openZip(bytesSource('m.zip', await zipped()), { bytes: 1e6, files: 1 }),
    ).rejects.toThrowError(PareError);
    await expect(openZip(bytesSource('m.zip', new Uint8Array(100)))).rejects.toThrowError(
      /m\.zip is not a zip/,
    );
  });
});
