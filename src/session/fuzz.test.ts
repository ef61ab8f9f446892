import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe } from 'vitest';
import { recipeOf } from '../cli/recipe-input.ts';
import { fuzz } from '../formats/fuzz.testing.ts';
import { type FileSource, readText } from '../formats/source.ts';
import { writeSessionFile } from './file.ts';
import { decodeLink, encodeLink } from './link.ts';
import { decodeRecipeLink, encodeRecipeLink } from './recipe-link.ts';
import { openSavedSession, writeSavedSession } from './saved-session.ts';
import { collect, savedFixture } from './saved-session.testing.ts';
import { logFixture, recipeFixture } from './session.testing.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const log = logFixture({ layers: 1, evaluations: 6, steps: 10, eventful: true });
const folder = mkdtempSync(path.join(tmpdir(), 'pare-recipes-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function readSession([file]: readonly FileSource[]): Promise<void> {
  const { checkpoint } = await openSavedSession(file!);
  const steps = [...(checkpoint?.records ?? []), checkpoint?.partial];
  for (const step of steps) for (const tensor of step?.tensors.values() ?? []) await tensor.read();
}

describe('hostile sessions', () => {
  fuzz({
    name: 'session files',
    samples: async () => [
      { 'run.pare': await collect(writeSavedSession(savedFixture())) },
      { 'log.pare': writeSessionFile(log) },
    ],
    open: readSession,
    place: /session file/,
    runs: 200,
  });

  fuzz({
    name: 'links',
    samples: () =>
      Promise.resolve([
        { 'link s': bytes(encodeLink(log).fragment) },
        { 'link r': bytes(encodeRecipeLink(recipeFixture)) },
      ]),
    async open([file]) {
      const link = await readText(file!, 1e9);
      return file!.name === 'link s' ? decodeLink(link) : decodeRecipeLink(link);
    },
    named: /^The link |link [sr]/,
    place: /link/,
    runs: 200,
  });

  fuzz({
    name: 'recipes',
    samples: () => Promise.resolve([{ 'recipe.json': bytes(JSON.stringify(recipeFixture)) }]),
    async open([file]) {
      const place = path.join(folder, 'recipe.json');
      writeFileSync(place, await file!.read(0, file!.size));
      return recipeOf(place, { device: 'cpu', json: false, help: false });
    },
    runs: 200,
  });
});
