import { z } from 'zod';
import type { Architecture } from '../../formats/architecture.ts';
import { readFields, size } from '../../formats/config-fields.ts';
import { llama, llamaFiles } from './llama.ts';

/** Missing, it is the library's own; null, there is none. */
const schema = z.object({ sliding_window: size(1e9).nullable().default(4096) });

/** Llama without biases, with a sliding window in every layer. Source: transformers `modeling_mistral.py`. */
export const mistral: Architecture = {
  modelTypes: ['mistral'],
  ...llamaFiles,
  parse(raw, file) {
    const config = llama.parse(raw, file);
    const { sliding_window: window } = readFields(schema, raw, file);
    const windows = config.decoder.windows.map(() => window);
    return { ...config, modelType: 'mistral', decoder: { ...config.decoder, biases: [], windows } };
  },
};
