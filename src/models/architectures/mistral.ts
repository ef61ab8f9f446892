import { z } from 'zod';
import type { Architecture } from '../../formats/architecture.ts';
import {
  activationOf,
  epsilon,
  readFields,
  ropeFields,
  ropeOf,
  size,
  sizeFields,
  sizesOf,
  tokenFields,
  tokensOf,
} from '../../formats/config-fields.ts';
import { llamaFiles, llamaNames, llamaTraits } from './llama.ts';

const schema = z.object({
  ...sizeFields,
  ...tokenFields,
  ...ropeFields,
  rms_norm_eps: epsilon.default(1e-6),
  hidden_act: z.string().default('silu'),
  /** Missing, it is the library's own; null, there is none. */
  sliding_window: size(1e9).nullable().default(4096),
});

/** Llama with a sliding window in every layer. Source: transformers `modeling_mistral.py`. */
export const mistral: Architecture = {
  modelTypes: ['mistral'],
  ...llamaFiles,
  parse(raw, file) {
    const config = readFields(schema, raw, file);
    const sizes = sizesOf(config, file);
    const { dims, ...rope } = ropeOf(config, sizes, file);
    return {
      modelType: 'mistral',
      ...sizes,
      normEpsilon: config.rms_norm_eps,
      ...rope,
      ...tokensOf(config, false),
      decoder: {
        ...llamaTraits({ ...sizes, dims }),
        activation: activationOf(config.hidden_act, 'hidden_act', file),
        windows: Array.from({ length: sizes.layers }, () => config.sliding_window),
      },
      names: llamaNames,
      raw,
    };
  },
};
