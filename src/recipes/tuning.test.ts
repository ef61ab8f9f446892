import { expect, it } from 'vitest';
import { cpu } from '../backends/cpu.testing.ts';
import { FaultyBackend } from '../backends/faults.testing.ts';
import { RunControl } from './control.ts';
import { loadModel } from './model.ts';
import { outcomeOf, shortRecipe, tinyFor } from './resume.testing.ts';

const recipe = shortRecipe('lora');

it('a stop while kernels are measured ends that, and the log has a beginning all the same', async () => {
  const control = new RunControl();
  const backend = new FaultyBackend(cpu, {});
  let measured = 0;
  backend.tune = async (_, checkpoint) => {
    control.stop();
    await checkpoint?.();
    measured++;
  };
  const { log, finished } = await outcomeOf(backend, recipe, { control });
  expect(finished).toBeNull();
  expect(measured).toBe(0);
  expect([log[0]?.type, log.at(-1)?.type]).toEqual(['started', 'stopped']);
});

it('a device that is lost while kernels are measured is not measured again', async () => {
  const control = new RunControl();
  const [first, second] = [0, 1].map(() => new FaultyBackend(cpu, {}));
  let measured = 0;
  first!.tune = () => {
    measured++;
    first!.lose();
    return new Promise(() => {});
  };
  second!.tune = async () => void measured++;
  const { log } = await outcomeOf(first!, recipe, {
    control,
    reopen: async () => loadModel(second!, await tinyFor(recipe)),
    onCheckpoint: () => control.stop(),
  });
  expect(measured).toBe(1);
  expect([log[0]?.type, log.at(-1)?.type]).toEqual(['started', 'stopped']);
});
