import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { Proof, ResultRow } from '../src/session/events.ts';
import type { Method } from '../src/session/recipe.ts';
import { pare } from './runner.ts';

/** The recipes that no test runs in the page, by the headless runner, as built, on the demo and the machine's own device: as short as it can be. */
const inputs = ['--model', 'demo', '--data', 'demo', '--seed', '0'];
const fields = ['baseline=false', 'split.validation=8', 'split.test=8', 'training.batch=2'];
const sizes = ['--steps', '2', '--population', '2', '--evaluations', '4'].concat(
  fields.flatMap((field) => ['--set', field]),
);
const fewRows = ['--set', 'sparsity.calibration=8'];
const fewColumns = ['--set', 'quantization.calibration=8'];

interface Ships {
  flags?: string[];
  /** Type of the linear modules of the blocks, as shipped. */
  dtype: 'f16' | 'i4';
  adapter: boolean;
}

const recipes: Partial<Record<Method, Ships>> = {
  lora: { dtype: 'f16', adapter: false },
  shears: { flags: fewRows, dtype: 'f16', adapter: true },
  sqft: { flags: [...fewRows, ...fewColumns], dtype: 'i4', adapter: true },
  'sqft-sparsepeft': { flags: fewRows, dtype: 'f16', adapter: false },
};

for (const [method, { flags = [], dtype, adapter }] of Object.entries(recipes)) {
  test(`${method}: a front, and files that are proved to hold it`, async () => {
    const out = test.info().outputPath(method);
    const { front } = await pare<{ front: { macs: number; accuracy: number }[] }>(
      'run',
      method,
      ...inputs,
      '--out',
      out,
      ...sizes,
      ...flags,
    );
    expect(front.length).toBeGreaterThan(0);
    const { rows, proof } = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')) as {
      rows: ResultRow[];
      proof: Proof;
    };
    expect(proof, JSON.stringify(proof)).toMatchObject({ holds: true });
    expect(proof.maskedZeros).toBe(proof.maskedWeights);
    expect(proof.maskedWeights > 0).toBe(flags.length > 0);
    expect(proof.codes !== null).toBe(dtype === 'i4');
    expect(rows.map(({ tag }) => tag)).toContain('chosen');

    const model = join(out, 'model');
    expect(existsSync(join(model, 'adapter/adapter_config.json'))).toBe(adapter);
    const { modules } = await pare<{ modules: { name: string; dtype: string }[] }>('inspect', model);
    const projections = modules.filter(({ name }) => name.endsWith('_proj'));
    expect(projections.length).toBeGreaterThan(0);
    expect(new Set(projections.map((module) => module.dtype))).toEqual(new Set([dtype]));
  });
}
