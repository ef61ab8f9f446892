import { blockUntilReady, defaultDevice, init, numpy as np, tree } from '@jax-js/jax';
import { jaxStep, type Arrays } from './llama-jax.ts';
import type { StepContender } from './step-contender.ts';
import type { StepModel, Values } from './step-model.ts';

type Device = 'webgpu' | 'wasm';

export function openJaxStep(device: Device): StepContender {
  return {
    name: `jax-js, ${device === 'webgpu' ? 'WebGPU' : 'WebAssembly'}`,
    async start(model) {
      if (!(await init(device)).includes(device)) throw new Error(`jax-js found no ${device}`);
      defaultDevice(device);
      const frozen = frozenOf(model);
      let adapters = arraysOf(model.adapters);
      let first = zerosLike(model.adapters);
      let second = zerosLike(model.adapters);
      const step = jaxStep(model);
      let time = 0;
      return {
        async step() {
          time++;
          defaultDevice(device);
          const hyper = np.array([model.learningRate, 1 - 0.9 ** time, 1 - 0.999 ** time]);
          const [a, m, v, loss] = step(adapters, first, second, tree.ref(frozen), hyper);
          [adapters, first, second] = [a, m, v];
          await blockUntilReady([adapters, first, second]);
          return (await loss.data())[0]!;
        },
        dispose() {
          for (const arrays of [frozen, adapters, first, second]) tree.dispose(arrays);
          step.dispose();
        },
      };
    },
  };
}

function frozenOf({ frozen, ids, targets, batch, length }: StepModel): Arrays {
  return {
    ...arraysOf(frozen),
    ids: np.array(ids, { shape: [batch, length], dtype: np.int32 }),
    targets: np.array(targets, { shape: [batch, length - 1], dtype: np.int32 }),
  };
}

const arraysOf = (values: Readonly<Record<string, Values>>): Arrays =>
  Object.fromEntries(
    Object.entries(values).map(([name, { shape, data }]) => [name, np.array(data, { shape: [...shape] })]),
  );

const zerosLike = (values: Readonly<Record<string, Values>>): Arrays =>
  Object.fromEntries(Object.entries(values).map(([name, { shape }]) => [name, np.zeros([...shape])]));
