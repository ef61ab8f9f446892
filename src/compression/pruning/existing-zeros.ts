import type { Store } from '../../backends/backend.ts';
import type { ModelConfig } from '../../formats/model-config.ts';
import { sizeOf } from '../../graph/tensor.ts';
import { floatBytes, toFloat32, type FloatDtype } from '../../lib/half.ts';
import { codesName, maskName } from '../../models/elastic.ts';
import { blockModules } from '../../models/structure.ts';
import { dequantize } from '../quantization/dequantize.ts';

interface Held {
  readonly store: Store;
  readonly config: ModelConfig;
}

/**
 * Element masks of a model that came sparse: `<module>.mask`, u32 [out, ⌈in/32⌉], with a bit where the weight is not
 * zero (of INT4: where the code is not the zero point), for every linear module of every block. One module at a time
 * is in host memory. Returns the masked modules.
 */
export async function maskOfZeros({ store, config }: Held, onBlock?: () => void): Promise<Set<string>> {
  const masked = new Set<string>();
  for (let layer = 0; layer < config.layers; layer++) {
    for (const module of blockModules(config, layer)) {
      await maskModule(store, module);
      masked.add(module);
    }
    onBlock?.();
  }
  await store.settled();
  return masked;
}

async function maskModule(store: Store, module: string): Promise<void> {
  const quantized = store.has(codesName(module));
  const [out, inputs] = store.spec(quantized ? codesName(module) : `${module}.weight`).shape as [
    number,
    number,
  ];
  // A scale is positive, and no product of one with a whole number underflows: zero is exactly q = z.
  const weight = await (quantized ? dequantize(store, module) : readWeight(store, `${module}.weight`));
  const words = Math.ceil(inputs / 32);
  const mask = new Uint32Array(out * words);
  for (let row = 0; row < out; row++) {
    for (let column = 0; column < inputs; column++) {
      if (weight[row * inputs + column] !== 0) mask[row * words + (column >> 5)]! |= 1 << (column & 31);
    }
  }
  store.allocate(maskName(module), { dtype: 'u32', shape: [out, words] });
  store.write(maskName(module), mask);
}

async function readWeight(store: Store, name: string): Promise<Float32Array> {
  const { dtype, shape } = store.spec(name);
  const bytes = await store.read(name);
  // The device pads to whole words.
  return toFloat32(bytes.subarray(0, sizeOf(shape) * floatBytes[dtype as FloatDtype]), dtype as FloatDtype);
}
