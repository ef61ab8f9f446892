import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import { openData } from '../datasets/parse.ts';
import { readAll } from '../formats/source.ts';
import { readData } from '../recipes/loaded-data.ts';
import { loadModel } from '../recipes/model.ts';
import { shortRecipe, tinyFor } from '../recipes/resume.testing.ts';
import { fewProblems } from '../recipes/tiny-model.testing.ts';
import { viewOf } from '../session/reduce.ts';
import { readArguments } from './arguments.ts';
import { Devices } from './devices.ts';
import { exportSession } from './export-command.ts';
import { runInFolder } from './folder-run.ts';
import { nodeFolder } from './node-files.ts';
import { withSession } from './session-input.ts';

const recipe = shortRecipe('sqft');
const cpu = ['--device', 'cpu', '--json'];
let root: string;
const at = (...parts: string[]) => join(root, ...parts);

async function save(folder: string, vocabulary: Record<string, unknown> = {}): Promise<void> {
  await mkdir(at(folder));
  for (const file of await tinyFor(recipe)) {
    const bytes = Buffer.from(await readAll(file, 1e9));
    const json = file.name === 'config.json' && { ...JSON.parse(bytes.toString()), ...vocabulary };
    await writeFile(at(folder, file.name), json ? JSON.stringify(json) : bytes);
  }
}

/** What the command prints. */
async function exported(...args: string[]) {
  const { flags, subjects } = readArguments(['export', at('run'), ...cpu, ...args]);
  return (await exportSession(flags, subjects, new Devices(flags))) as {
    format: string;
    files: { name: string; bytes: number }[];
    bytes: number;
    notes: string[];
    proof: { holds: boolean; reason: string; format: string };
  };
}

beforeAll(async () => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  root = await mkdtemp(join(tmpdir(), 'pare-export-'));
  await save('model');
  await save('other', { rms_norm_eps: 1e-4 });
  await writeFile(at('few.jsonl'), Buffer.from(await readAll(fewProblems(24), 1e9)));
  const { flags } = readArguments(['run', ...cpu]);
  const files = await nodeFolder(at('model'));
  const model = await loadModel(new CpuBackend(), files);
  const data = readData(await openData(fewProblems(24)));
  const devices = new Devices(flags);
  await runInFolder({ flags, devices, files, out: at('run'), recipe, model, data, tests: [] });
}, 120_000);
afterAll(async () => {
  vi.restoreAllMocks();
  await rm(root, { recursive: true });
});

it('writes and proves the chosen sub-network without data, and another one with them', async () => {
  const gptq = await exported('--model', at('model'), '--out', at('gptq'), '--format', 'gptq');
  expect(gptq.proof).toMatchObject({ holds: true, format: 'gptq' });
  expect(gptq.proof.reason).toContain('random tokens');
  expect(gptq.notes.join(' ')).toContain('which holds every one of them exactly');
  const reread = await loadModel(new CpuBackend(), await nodeFolder(at('gptq')));
  expect(reread).toMatchObject({ form: 'int4' });
  expect(reread.plan.adapters.size).toBeGreaterThan(0);

  const genome = await withSession(at('run'), async ({ log }) =>
    viewOf(log)
      .points.map((point) => point.genome ?? [])
      .find((each) => each.some((gene) => gene > 0)),
  );
  const given = ['--genome', genome!.join(','), '--data', at('few.jsonl')];
  const hf = await exported('--model', at('model'), '--out', at('hf'), '--format', 'hf', ...given);
  expect(hf.proof).toMatchObject({ holds: true, format: 'hf' });
  expect(hf.proof.reason).not.toContain('random tokens');
  expect(hf.bytes).toBe(hf.files.reduce((sum, { bytes }) => sum + bytes, 0));
}, 60_000);

it('refuses another model, an unknown format and a genome of another space', async () => {
  const out = ['--out', at('refused')];
  await expect(exported('--model', at('other'), ...out)).rejects.toMatchObject({
    code: 'session-other-model',
  });
  const model = ['--model', at('model'), ...out];
  await expect(exported(...model, '--format', 'awq')).rejects.toThrow(
    '--format is awq; it must be one of hf',
  );
  await expect(exported(...model, '--genome', '0,x')).rejects.toThrow('--genome is 0,x');
  await expect(exported(...model, '--genome', '0,0,0,0,0')).rejects.toMatchObject({ code: 'genome-length' });
}, 60_000);
