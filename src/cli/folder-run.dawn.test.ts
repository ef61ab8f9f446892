import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openData } from '../datasets/parse.ts';
import { readData } from '../recipes/loaded-data.ts';
import { loadModel } from '../recipes/model.ts';
import { shortRecipe } from '../recipes/resume.testing.ts';
import { fewProblems, tinyModel } from '../recipes/tiny-model.testing.ts';
import { viewOf } from '../session/reduce.ts';
import { readArguments } from './arguments.ts';
import { Devices } from './devices.ts';
import { exportRun, runInFolder } from './folder-run.ts';
import { withSession } from './session-input.ts';

const { flags } = readArguments(['run', 'lora', '--checkpoint-every', '0']);
const recipe = shortRecipe('lora');
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pare-folder-run-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(root, { recursive: true });
});

/** Runs in a folder of its own; the device is destroyed as soon as a line on standard error contains `text`. */
async function runIn(name: string, text: string | null) {
  const out = join(root, name);
  const devices = new Devices({ ...flags, device: 'webgpu' });
  const files = await tinyModel();
  const backend = await devices.open();
  let destroyed = false;
  vi.spyOn(process.stderr, 'write').mockImplementation((line) => {
    if (text !== null && !destroyed && String(line).includes(text)) {
      destroyed = true;
      backend.dispose();
    }
    return true;
  });
  const data = readData(await openData(fewProblems(24)));
  const model = await loadModel(backend, files);
  await exportRun(await runInFolder({ flags, devices, files, out, recipe, model, data, tests: [] }));
  expect(destroyed).toBe(text !== null);
  devices.close();
  return withSession(out, async ({ log }) => viewOf(log));
}

it('a run goes on when its device is lost, and ends with the same bits', async () => {
  const whole = await runIn('whole', null);
  const broken = await runIn('broken', 'losses');
  expect(broken.recoveries.map(({ cause, exact }) => ({ cause, exact }))).toEqual([
    { cause: 'device-lost', exact: true },
  ]);
  for (const field of ['status', 'losses', 'points', 'front', 'proof'] as const)
    expect(broken[field], field).toEqual(whole[field]);
});
