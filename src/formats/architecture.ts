/** What readers of model files must know of an architecture; the descriptions are in `models/architectures/`. */
import { z } from 'zod';
import { PareError } from '../lib/assert.ts';
import { quantizationField } from './compressed-tensors-config.ts';
import { checked } from './json.ts';
import type { ModelConfig } from './model-config.ts';

export interface Architecture {
  /** Values of `model_type` in config.json. */
  readonly modelTypes: readonly string[];
  /** Checks the JSON of a config.json; `file` names it in errors. */
  parse(raw: Readonly<Record<string, unknown>>, file: string): ModelConfig;
  /** A tensor's name as the model has it, for files that leave a part of it out. */
  canonicalName(name: string): string;
  /** Buffers that older files carry beside the weights. */
  isIgnored(name: string): boolean;
}

export interface DescribedModel {
  readonly architecture: Architecture;
  readonly config: ModelConfig;
}

/** Finds the architecture that a config.json names and has it read the rest. */
export function parseModelConfig(
  json: unknown,
  file: string,
  architectures: readonly Architecture[],
): DescribedModel {
  const { [quantizationField]: _, ...raw } = checked(
    z.record(z.string(), z.unknown()),
    json,
    file,
    'Drop the folder of a Hugging Face model, with its own config.json.',
  );
  const type = raw['model_type'];
  const architecture = architectures.find(
    ({ modelTypes }) => typeof type === 'string' && modelTypes.includes(type),
  );
  if (architecture) return { architecture, config: architecture.parse(raw, file) };
  const known = architectures.flatMap(({ modelTypes }) => modelTypes).join(', ');
  const found = typeof type === 'string' ? `is "${type.slice(0, 60)}"` : 'is missing';
  throw new PareError(
    'architecture-unknown',
    `${file}: model_type ${found}; Pare knows: ${known}.`,
    `Use a model of a supported architecture (${known}).`,
    { modelType: type },
  );
}
