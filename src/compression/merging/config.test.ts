import { expect, it } from 'vitest';
import { CpuBackend } from '../../backends/cpu/cpu.ts';
import { linearShapes } from '../../formats/expected-tensors.ts';
import { inBlock } from '../../formats/model-config.ts';
import { configOf } from '../../models/config.testing.ts';
import { plainModel } from '../../models/runnable.ts';
import { tinyConfigs } from '../../models/tiny-configs.testing.ts';
import { keptConfig } from './config.ts';
import { Kept } from './extent.ts';

const qwen2 = { ...tinyConfigs[1], num_hidden_layers: 3 };
const [full, sliding] = ['full_attention', 'sliding_attention'];

it.each([
  ['are not listed', {}, [full, sliding]],
  ['are null', { layer_types: null }, [full, sliding]],
  ['are listed', { layer_types: [sliding, full, full] }, [sliding, full]],
])('where the kinds of layers %s, they are those of the blocks that are left', (_, kinds, left) => {
  const config = configOf({ ...qwen2, ...kinds });
  const backend = new CpuBackend();
  const store = backend.createStore();
  for (let layer = 0; layer < config.layers; layer++) {
    for (const [role, shape] of linearShapes(config)) {
      const name = `${inBlock(config, layer, config.names.linear[role]!)}.weight`;
      store.allocate(name, { dtype: 'f32', shape });
      store.write(name, new Float32Array(shape[0] * shape[1]));
    }
  }
  const model = plainModel(backend, store, config);
  // The second of three blocks is out.
  const plan = { ...model.plan, blocks: [null, 0, null] };
  const { raw } = keptConfig(config, new Kept({ ...model, plan, limits: [0] }));
  expect(raw['layer_types']).toEqual(left);
  expect(configOf(raw).decoder.windows).toEqual(left.map((kind) => (kind === sliding ? 12 : null)));
});
