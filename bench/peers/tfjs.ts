import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-webgpu';
import type { Contender } from './contender.ts';

export async function openTfjs(): Promise<Contender> {
  if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs found no WebGPU');
  await tf.ready();
  const { device, flush } = queueOf(tf.backend());
  return {
    name: 'tfjs',
    prepare({ shape: [rows, inner, columns], x, w }) {
      const [a, b] = [tf.tensor2d(x, [rows, inner]), tf.tensor2d(w, [inner, columns])];
      return Promise.resolve({
        async run(times) {
          for (let i = 0; i < times; i++) tf.matMul(a, b).dispose();
          flush();
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

interface Queue {
  readonly device: GPUDevice;
  readonly commandEncoder: GPUCommandEncoder | null;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

/** tfjs queues dispatches and submits every fifteenth; this submits what is left over. */
function queueOf(backend: unknown): { device: GPUDevice; flush: () => void } {
  const webgpu = backend as Queue;
  const flush = () => {
    if (!webgpu.commandEncoder) return;
    webgpu.endComputePassEncoder();
    webgpu.submitQueue();
  };
  return { device: webgpu.device, flush };
}
