import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-webgpu';
import type { Contender } from './contender.ts';

export async function openTfjs(): Promise<Contender> {
  if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs found no WebGPU');
  await tf.ready();
  const { device, submitQueue } = deviceOf(tf.backend());
  return {
    name: 'tfjs',
    prepare({ shape: [rows, inner, columns], x, w }) {
      const [a, b] = [tf.tensor2d(x, [rows, inner]), tf.tensor2d(w, [inner, columns])];
      return Promise.resolve({
        async run(times) {
          for (let i = 0; i < times; i++) tf.matMul(a, b).dispose();
          submitQueue();
          await device.queue.onSubmittedWorkDone();
        },
        async result() {
          const y = tf.matMul(a, b);
          const data = await y.data();
          y.dispose();
          return data;
        },
        dispose() {
          a.dispose();
          b.dispose();
        },
      });
    },
  };
}

/** tfjs queues dispatches and submits every fifteenth; what is left over is submitted here. */
function deviceOf(backend: unknown): { device: GPUDevice; submitQueue: () => void } {
  const webgpu = backend as {
    device: GPUDevice;
    commandEncoder: GPUCommandEncoder | null;
    submitQueue(): void;
  };
  return { device: webgpu.device, submitQueue: () => webgpu.commandEncoder && webgpu.submitQueue() };
}
