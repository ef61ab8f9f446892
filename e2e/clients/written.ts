import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import type { ExportFile } from '../../src/exporters/exporter.ts';

/** Writes exported files into a folder that is gone after the tests of this file. Gives its path. */
export async function written(files: readonly ExportFile[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'pare-clients-'));
  folders.push(folder);
  for (const { name, size, stream } of files) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    const bytes = new Uint8Array(
      await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
    );
    if (bytes.byteLength !== size) throw new Error(`${name} has ${bytes.byteLength} bytes and said ${size}`);
    await writeFile(path, bytes);
  }
  return folder;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
