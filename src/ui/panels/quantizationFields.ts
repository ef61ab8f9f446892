import { presets } from '../../recipes/presets.ts';
import type { Recipe } from '../../session/recipe.ts';
import { at } from './recipeFields.ts';
import type { FieldSpec } from './recipeFields.ts';

const usesGptq = ({ quantization }: Recipe): boolean => quantization?.method === 'gptq';

/** The INT4 codes of the base. Two methods ship them; plain LoRA can be put on an INT4 base to compare. */
export const quantizationFields: readonly FieldSpec[] = [
  {
    label: 'Base weights',
    about: 'What plain LoRA is trained on: the weights as they came, or INT4 codes of them.',
    kind: 'select',
    read: ({ method, quantization }) => (method === 'lora' ? (quantization ? 'int4' : 'float') : undefined),
    write: (recipe, choice) => ({
      ...recipe,
      quantization: choice === 'int4' ? presets.sqft.recipe(recipe.task).quantization : null,
    }),
    options: [
      ['float', 'As they came'],
      ['int4', 'INT4'],
    ],
    wide: true,
  },
  {
    label: 'Round by',
    about:
      'GPTQ rounds column by column and lets the columns to come make up for the error. Nearest rounds each weight alone: faster, and less accurate.',
    kind: 'select',
    ...at('quantization', 'method'),
    options: [
      ['gptq', 'GPTQ'],
      ['rtn', 'Nearest'],
    ],
  },
  {
    label: 'Group',
    about: 'Weights of a row that share one scale. Smaller groups are more accurate and take more room.',
    kind: 'select',
    read: ({ quantization }) => quantization?.group.toString(),
    write: (recipe, size) => at('quantization', 'group').write(recipe, Number(size)),
    options: [
      ['32', '32'],
      ['64', '64'],
      ['128', '128'],
    ],
  },
  {
    label: 'Grid',
    about:
      'Exact: scales that every file format holds bit for bit. Plain: scales as computed. Published: AutoGPTQ’s, its oddities included.',
    kind: 'select',
    ...at('quantization', 'grid'),
    options: [
      ['exact', 'Exact'],
      ['plain', 'Plain'],
      ['published', 'Published'],
    ],
  },
  {
    label: 'Damping',
    about:
      'Steadies GPTQ where few examples say little: a share of the mean, added to its Hessian’s diagonal.',
    kind: 'number',
    ...at('quantization', 'damping', usesGptq),
    min: 0.01,
    max: 100,
    unit: '%',
    step: 1,
    scale: 100,
  },
  {
    label: 'GPTQ examples',
    about: 'Training examples from which GPTQ learns which inputs matter.',
    kind: 'number',
    ...at('quantization', 'calibration', usesGptq),
    min: 1,
    max: 4096,
    integer: true,
    step: 16,
  },
  {
    label: 'Symmetric grid',
    about:
      'The same steps on both sides of zero, as published. Otherwise the steps fit each group’s own range.',
    kind: 'switch',
    ...at('quantization', 'symmetric'),
  },
];
