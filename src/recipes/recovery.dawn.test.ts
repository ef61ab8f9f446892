import { expect, it } from 'vitest';
import type { Backend } from '../backends/backend.ts';
import { openDawn } from '../backends/webgpu/dawn.ts';
import { openDevice } from '../backends/webgpu/device.ts';
import { WebGpuBackend } from '../backends/webgpu/webgpu.ts';
import type { SessionEvent } from '../session/events.ts';
import { appendToLog } from '../session/log.ts';
import { loadModel } from './model.ts';
import { deviceInfoOf, takeKernels } from './recovery.ts';
import { essenceOf, outcomeOf, shortRecipe, tinyFor } from './resume.testing.ts';

const newDevice = async (choices = new Map<string, string>()): Promise<Backend> =>
  new WebGpuBackend(await openDevice(await openDawn()), { choices });
/** As if kernels had been measured: the device that takes the lost one's place must go on with the same. */
const tunedDevice = () => newDevice(new Map([['some op', 'some variant']]));

it('a run that loses its device ends with the same bits on a new one', async () => {
  const recipe = shortRecipe('sqft-qa-sparsepeft', { baseline: false });
  const tuned = await tunedDevice();
  const expected = await essenceOf(await outcomeOf(tuned, recipe));
  tuned.dispose();
  let backend = await tunedDevice();
  let lost = false;
  const log: SessionEvent[] = [];
  const outcome = await outcomeOf(backend, recipe, {
    onEvent: (event) => {
      if (event.type === 'started') log.length = 0;
      appendToLog(log, [event]);
      // In the middle of training. (Every stage's turn comes in e2e/faults-device.spec.ts.)
      if (lost || event.type !== 'losses' || event.from < 2) return;
      lost = true;
      backend.dispose();
    },
    reopen: async () => {
      backend = await newDevice();
      return loadModel(backend, await tinyFor(recipe));
    },
  });
  expect(lost).toBe(true);
  expect(await essenceOf({ ...outcome, log })).toEqual(expected);
  const recovered = log.filter((event) => event.type === 'recovered');
  expect(recovered).toHaveLength(1);
  expect(recovered[0]).toMatchObject({ cause: 'device-lost', exact: true, accumulation: 1 });
  expect(recovered[0]?.device.kernels).toMatch(/; some op = some variant$/);
  expect(recovered[0]?.message).toMatch(/graphics device was lost.*went on/);
  backend.dispose();
});

it('kernels are those of a log, where that is of the same adapter', async () => {
  const backend = await newDevice();
  const here = deviceInfoOf({ backend });
  const kernels = `${here.kernels}; some op = some variant`;
  expect(takeKernels({ backend }, null)).toBe(false);
  expect(takeKernels({ backend }, { ...here, adapter: 'another', kernels })).toBe(false);
  expect(deviceInfoOf({ backend })).toEqual(here);
  expect(takeKernels({ backend }, { ...here, kernels })).toBe(true);
  expect(deviceInfoOf({ backend })).toEqual({ ...here, kernels });
  // A log from before there was a choice.
  expect(takeKernels({ backend }, { backend: 'webgpu', adapter: here.adapter })).toBe(true);
  expect(deviceInfoOf({ backend })).toEqual(here);
  backend.dispose();
});
