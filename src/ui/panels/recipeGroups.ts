import { templates } from '../../datasets/template.ts';
import { isSliced, moduleRoles, tasks } from '../../session/recipe.ts';
import type { Method, Recipe } from '../../session/recipe.ts';
import { pruningFields } from './pruningFields.ts';
import { quantizationFields } from './quantizationFields.ts';
import { at, top, whole } from './recipeFields.ts';
import type { FieldGroup, FieldSpec } from './recipeFields.ts';
import { searching } from './searchFields.ts';
import { taskTitles, templateTitles } from './statusText.ts';
import { training } from './trainingFields.ts';

const cuts = ({ method }: Recipe): boolean => isSliced(method);

/** What people change most. */
const common: readonly FieldSpec[] = [
  {
    label: 'Rank',
    about: 'The size of each adapter: larger learns more, and costs more.',
    ...whole,
    ...at('adapter', 'rank'),
    min: 1,
    max: 512,
    step: 1,
  },
  {
    label: 'Steps',
    about: 'How long the adapters are trained.',
    ...whole,
    ...at('training', 'steps'),
    min: 0,
    max: 1_000_000,
    step: 50,
  },
  {
    label: 'Population',
    about: 'Sub-networks in a generation of the search.',
    ...whole,
    ...at('search', 'population'),
    min: 2,
    max: 1000,
    step: 1,
  },
  {
    label: 'Evaluations',
    about: 'Sub-networks that the search may score, in all.',
    ...whole,
    ...at('search', 'evaluations'),
    min: 1,
    max: 100_000,
    step: 8,
  },
  {
    label: 'Seed',
    about: 'The same seed gives the same run.',
    ...whole,
    ...top('seed'),
    min: 0,
    max: 0xffffffff,
    step: 1,
  },
];

const adapters: FieldGroup = {
  title: 'Adapters',
  fields: [
    {
      label: 'Modules',
      about: 'Which linear modules carry an adapter.',
      kind: 'several',
      ...at('adapter', 'targets'),
      options: moduleRoles.map((role) => [role, role] as const),
    },
    {
      label: 'Alpha',
      about: 'The strength of the adapters: their output is scaled by alpha ÷ rank.',
      kind: 'number',
      ...at('adapter', 'alpha'),
      min: 0.01,
      max: 4096,
      step: 1,
    },
    {
      label: 'Dropout',
      about: 'Inputs of an adapter that a training step leaves out, against overfitting.',
      kind: 'number',
      ...at('adapter', 'dropout'),
      min: 0,
      max: 95,
      unit: '%',
      step: 5,
      scale: 100,
    },
    {
      label: 'Rank fractions',
      about: 'The parts of the rank that a sub-network may keep.',
      kind: 'fractions',
      ...at('elastic', 'ranks'),
    },
    {
      label: 'Width fractions',
      about: 'The parts of the FFN width that a sub-network may keep.',
      kind: 'fractions',
      ...at('elastic', 'widths', cuts),
    },
    {
      label: 'Head fractions',
      about:
        'The parts of the attention heads that a sub-network may keep, in whole KV groups: a key and value head with its queries. 1 alone keeps them all; so does a model with fewer than four groups.',
      kind: 'fractions',
      ...at('elastic', 'heads', cuts),
    },
    {
      label: 'Channel order',
      about:
        'By importance, the channels and heads that matter most are kept longest. As in the file is what the paper published.',
      kind: 'select',
      ...at('elastic', 'order', cuts),
      options: [
        ['importance', 'By importance'],
        ['file', 'As in the file (published)'],
      ],
      wide: true,
    },
    {
      label: 'One width for all layers',
      about:
        'For software that knows only one FFN width and one number of heads: the export then needs no padding.',
      kind: 'switch',
      ...at('elastic', 'uniform', cuts),
    },
  ],
};

const generates = ({ task }: Recipe): boolean => task === 'generated';

const scoring: FieldGroup = {
  title: 'Data and scoring',
  fields: [
    {
      label: 'Task',
      about:
        'Exact match: every token of the answer must be the model’s first choice. Multiple choice: the right option must be the likeliest. Generated answers: the model writes, and the answer is looked for in that; many times slower. Perplexity: how well the text is predicted.',
      kind: 'select',
      ...top('task'),
      options: tasks.map((task) => [task, taskTitles[task]] as const),
    },
    {
      label: 'Prompt template',
      about:
        'What the model reads around a question: as the data set was published, LLM-Adapters’ instruction form, the bare question, or the model’s own chat template. The Data panel shows the tokens.',
      kind: 'select',
      ...top('template'),
      options: templates.map((template) => [template, templateTitles[template]] as const),
    },
    {
      label: 'Likelihood',
      about:
        'Of an option: as it is, or divided by its length, so that long options are not at a disadvantage.',
      kind: 'select',
      ...at('scoring', 'choice', ({ task }) => task === 'choice'),
      options: [
        ['plain', 'As it is'],
        ['length', 'By length'],
      ],
    },
    {
      label: 'Answer length',
      about: 'Tokens after which the model is cut off.',
      ...whole,
      ...at('scoring', 'answerTokens', generates),
      min: 1,
      max: 1024,
      unit: 'tokens',
      step: 16,
    },
    {
      label: 'Beams',
      about:
        '1 takes the likeliest token each time. LoNAS was published with 4, which take four times as long.',
      ...whole,
      ...at('scoring', 'beams', generates),
      min: 1,
      max: 8,
      step: 1,
    },
    {
      label: 'Longest',
      about: 'Longer examples are left out; longer texts are cut.',
      ...whole,
      ...top('maxLength'),
      min: 1,
      max: 8192,
      unit: 'tokens',
      step: 8,
    },
    {
      label: 'Validation',
      about: 'Examples that the search scores on: more are slower, and surer.',
      ...whole,
      ...at('split', 'validation'),
      min: 1,
      max: 100_000,
      step: 20,
    },
    {
      label: 'Test',
      about: 'Examples that nothing sees before the results table.',
      ...whole,
      ...at('split', 'test'),
      min: 1,
      max: 100_000,
      step: 20,
    },
  ],
};

const pruning: FieldGroup = { title: 'Pruning', fields: pruningFields };
const quantization: FieldGroup = { title: 'INT4', fields: quantizationFields };

/** How much becomes zero, and how coarse the grid is; where both count, by what means is left to Advanced. */
const amounts = [
  ...pruningFields.filter(({ label }) => label !== 'Prune by' && label !== 'Calibration'),
  ...quantizationFields.filter(({ label }) => label === 'Round by' || label === 'Group'),
];

/** What a method is about, beside what they all have. */
const leading: Partial<Record<Method, readonly FieldSpec[]>> = {
  shears: pruningFields,
  sqft: amounts,
  'sqft-sparsepeft': pruningFields,
  'sqft-qa-sparsepeft': amounts,
};

interface Groups {
  /** What the method is about. */
  lead: readonly FieldSpec[];
  /** What people change most, whatever the method. */
  main: readonly FieldSpec[];
  advanced: readonly FieldGroup[];
}

/** All settings of a recipe: the main ones in sight, the others by what they belong to. */
export function groupsFor({ method }: Recipe): Groups {
  const lead = leading[method] ?? [];
  const advanced = [adapters, training, searching, pruning, quantization, scoring].map(
    ({ title, fields }) => ({
      title,
      fields: fields.filter((spec) => !lead.includes(spec)),
    }),
  );
  return { lead, main: common, advanced };
}
