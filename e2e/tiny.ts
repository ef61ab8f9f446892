import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAll } from '../src/formats/source.ts';
import { fewProblems, tinyModel } from '../src/recipes/tiny-model.testing.ts';

/** Flags for a model and data that are small enough for any device: they are written into the folder. */
export async function tinyInputs(folder: string, device: 'cpu' | 'webgpu' = 'cpu'): Promise<string[]> {
  const model = join(folder, 'tiny');
  mkdirSync(model, { recursive: true });
  // The least that a group of 32 inputs fits.
  for (const file of await tinyModel({ hidden_size: 32 }))
    writeFileSync(join(model, file.name), await readAll(file, 2 ** 24));
  const data = join(folder, 'few.jsonl');
  writeFileSync(data, await readAll(fewProblems(24), 2 ** 24));
  return ['--model', model, '--data', data, '--device', device];
}
