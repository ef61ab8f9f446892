import type { ExportFormat } from '../exporters/exporter.ts';
import { proofText } from '../session/proofText.ts';
import type { ModelInfo, Proof, ResultRow } from '../session/events.ts';
import type { Recipe } from '../session/recipe.ts';
import { toMarkdown } from '../session/table.ts';
import { presets } from './presets.ts';
import { metricOf } from './run-context.ts';

export interface ModelCardFacts {
  readonly name: string;
  readonly format: ExportFormat;
  readonly model: ModelInfo;
  readonly recipe: Recipe;
  readonly rows: readonly ResultRow[];
  readonly notes: readonly string[];
  readonly proof: Proof | null;
  /** How to load it. */
  readonly usage: string | null;
}

/** What the hub calls the software that loads a model. */
const libraries: Record<ExportFormat, string> = {
  hf: 'transformers',
  peft: 'peft',
  gptq: 'transformers',
  'compressed-tensors': 'transformers',
  onnx: 'transformers.js',
  gguf: 'gguf',
};

/** README.md of an exported model: what it is, how to load it, how it was made, what was measured. */
export function modelCard(facts: ModelCardFacts): string {
  const { name, format, model, recipe, rows, notes, proof, usage } = facts;
  const metric = metricOf(recipe);
  return [
    '---',
    `base_model: ${JSON.stringify(model.name)}`,
    `library_name: ${libraries[format]}`,
    `tags: [pare, ${recipe.method}]`,
    '---',
    '',
    `# ${name}`,
    '',
    `${presets[recipe.method].label} of ${model.name} (SHA-256 of its weights ${model.sha256.slice(0, 16)}…), made in Pare.`,
    usage === null ? '' : `\n${usage}\n`,
    ...notes.map((note) => `- ${note}`),
    ...(proof ? [`- ${proofText(proof)}`] : []),
    '',
    '## Results on the test split',
    '',
    toMarkdown(rows, metric),
    '',
    '## Recipe',
    '',
    '```json',
    JSON.stringify(recipe, null, 2),
    '```',
    '',
  ].join('\n');
}
