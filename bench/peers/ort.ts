import * as ort from 'onnxruntime-web/webgpu';
import type { Contender } from './contender.ts';
import { matmulModel, matmulNBitsModel } from './onnx-model.ts';

/** onnxruntime-web on its WebGPU provider: W is a constant of the model, X and Y stay on the device. */
export function openOrt(): Promise<Contender> {
  return Promise.resolve({
    name: 'ort',
    async prepare({ shape, x, w, int4 }) {
      const [rows, inner] = shape;
      const model = int4 ? matmulNBitsModel(shape, int4) : matmulModel(shape, w);
      const session = await ort.InferenceSession.create(model, {
        executionProviders: ['webgpu'],
        preferredOutputLocation: 'gpu-buffer',
      });
      const device = await ort.env.webgpu.device;
      const buffer = device.createBuffer({
        size: x.byteLength,
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
      });
      device.queue.writeBuffer(buffer, 0, x);
      const feeds = { x: ort.Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims: [rows, inner] }) };
      return {
        async run(times) {
          for (let i = 0; i < times; i++) (await session.run(feeds))['y']!.dispose();
          await device.queue.onSubmittedWorkDone();
        },
        async result() {
          const { y } = await session.run(feeds);
          const data = (await y!.getData()).slice();
          y!.dispose();
          return data;
        },
        async dispose() {
          await session.release();
          buffer.destroy();
        },
      };
    },
  });
}
