import {
  blockUntilReady,
  defaultDevice,
  getWebGPUDevice,
  init,
  jit,
  numpy,
  type Array as JaxArray,
} from '@jax-js/jax';
import type { Contender } from './contender.ts';

export async function openJax(): Promise<Contender> {
  if (!(await init('webgpu')).includes('webgpu')) throw new Error('jax-js found no WebGPU');
  defaultDevice('webgpu');
  const device = getWebGPUDevice();
  return {
    name: 'jax-js',
    prepare({ shape: [rows, inner, columns], x, w }) {
      const [a, b] = [numpy.array(x, { shape: [rows, inner] }), numpy.array(w, { shape: [inner, columns] })];
      const multiply = jit((left: JaxArray, right: JaxArray) => numpy.matmul(left, right));
      const once = (): JaxArray => multiply(a.ref, b.ref);
      return Promise.resolve({
        async run(times) {
          const results = Array.from({ length: times }, once);
          // Arrays are lazy: this is what submits them. It reads nothing, but waits for each.
          await blockUntilReady(results);
          await device.queue.onSubmittedWorkDone();
          for (const result of results) result.dispose();
        },
        result: () => once().data(),
        dispose() {
          multiply.dispose();
          a.dispose();
          b.dispose();
        },
      });
    },
  };
}
