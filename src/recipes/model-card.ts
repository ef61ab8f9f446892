import { proofText } from '../session/proofText.ts';
import type { ModelInfo, Proof, ResultRow } from '../session/events.ts';
import type { Recipe } from '../session/recipe.ts';
import { toMarkdown } from '../session/table.ts';
import { presets } from './presets.ts';

export interface ModelCardFacts {
  readonly name: string;
  readonly model: ModelInfo;
  readonly recipe: Recipe;
  readonly rows: readonly ResultRow[];
  readonly notes: readonly string[];
  readonly proof: Proof | null;
  readonly merged: boolean;
}

/** README.md of an exported model: what it is, how it was made, what was measured. */
export function modelCard({ name, model, recipe, rows, notes, proof, merged }: ModelCardFacts): string {
  const metric = recipe.task === 'exact' ? 'accuracy' : 'perplexity';
  return [
    '---',
    `base_model: ${JSON.stringify(model.name)}`,
    'library_name: transformers',
    `tags: [pare, ${recipe.method}]`,
    '---',
    '',
    `# ${name}`,
    '',
    `${presets[recipe.method].label} of ${model.name} (SHA-256 of its weights ${model.sha256.slice(0, 16)}…), made in Pare.`,
    merged ? '' : '\nLoad the base from this folder and the adapter from `adapter/` (PEFT).\n',
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
