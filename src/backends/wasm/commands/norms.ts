import { sizeOf } from '../../../graph/tensor.ts';
import { dtypeCode, f32, rowBytes, type Encoder, type KernelName } from './command.ts';

/** wasm/norms.ts: forward (x, w, b), backward (x, w, dy). */
const norm =
  (kernel: KernelName): Encoder =>
  ({ inputs: [x, w, third], outputs: [y], attributes }, address) => {
    const backward = kernel.endsWith('backward');
    const { epsilon, offset = 0 } = attributes as { epsilon: number; offset?: number };
    const columns = sizeOf(w!.shape);
    const rows = sizeOf(x!.shape) / columns;
    return {
      kernel,
      words: [
        address(x),
        address(w),
        backward ? 0 : address(third),
        backward ? address(third) : 0,
        address(y),
        dtypeCode(w!.dtype),
        third ? dtypeCode(third.dtype) : 0,
        rows,
        columns,
        f32(epsilon),
        f32(offset),
      ],
      scratch: 2 * rowBytes(columns),
      work: rows * columns * 2,
    };
  };

export const rmsNormCommand = norm('rms-norm');
export const rmsNormBackwardCommand = norm('rms-norm-backward');
export const layerNormCommand = norm('layer-norm');
export const layerNormBackwardCommand = norm('layer-norm-backward');
