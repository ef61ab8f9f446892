import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAll, type FileSource } from '../src/formats/source.ts';
import { fewProblems, tinyModel } from '../src/recipes/tiny-model.testing.ts';

/** Flags for a model and data that are small enough for any device: they are written into the folder. */
export async function tinyInputs(folder: string, device: 'cpu' | 'webgpu' = 'cpu'): Promise<string[]> {
  const model = join(folder, 'tiny');
  mkdirSync(model, { recursive: true });
  for (const { path, bytes } of await tinyFiles()) writeFileSync(join(model, path), bytes);
  const data = join(folder, 'few.jsonl');
  writeFileSync(data, (await problemsFile(24)).bytes);
  return ['--model', model, '--data', data, '--device', device];
}

/** A random model, to be dropped on the page. */
export async function tinyFiles(): Promise<{ path: string; bytes: Uint8Array }[]> {
  // The least that a group of 32 inputs fits.
  return Promise.all((await tinyModel({ hidden_size: 32 })).map(contentOf));
}

export const problemsFile = (count: number) => contentOf(fewProblems(count));

const contentOf = async (file: FileSource) => ({ path: file.name, bytes: await readAll(file, 2 ** 24) });
