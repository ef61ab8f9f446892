import { presets } from '../../recipes/presets.ts';
import { moduleRoles } from '../../session/recipe.ts';
import type { Recipe } from '../../session/recipe.ts';
import { pruningFields } from './pruningFields.ts';
import { at, isElastic, top, whole } from './recipeFields.ts';
import type { FieldGroup, FieldSpec } from './recipeFields.ts';
import { training } from './trainingFields.ts';

const isLonas = ({ method }: Recipe): boolean => method === 'lonas';

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
      ...at('elastic', 'widths', isLonas),
    },
    {
      label: 'Channel order',
      about:
        'By importance, the channels that matter most are kept longest. As in the file is what the paper published.',
      kind: 'select',
      ...at('elastic', 'order', isLonas),
      options: [
        ['importance', 'By importance'],
        ['file', 'As in the file (published)'],
      ],
      wide: true,
    },
    {
      label: 'One width for all layers',
      about: 'For software that knows only one FFN width: the export then needs no padding.',
      kind: 'switch',
      ...at('elastic', 'uniform', isLonas),
    },
  ],
};

const algorithms = [
  ['nsga2', 'NSGA-II'],
  ['random', 'Random search'],
  ['hill-climb', 'Hill climb'],
  ['none', 'None: the three references only'],
] as const;

const searching: FieldGroup = {
  title: 'Search',
  fields: [
    {
      label: 'Algorithm',
      about:
        'NSGA-II breeds from the front. Random search and a hill climb from the heuristic are what it is compared with, on the same budget.',
      kind: 'select',
      read: (recipe) => (isElastic(recipe) ? (recipe.search?.algorithm ?? 'none') : undefined),
      write: (recipe, algorithm) => ({
        ...recipe,
        search:
          algorithm === 'none'
            ? null
            : { ...presets[recipe.method].recipe(recipe.task).search, ...recipe.search, algorithm },
      }),
      options: algorithms,
      wide: true,
    },
    {
      label: 'Preset',
      about:
        'Pare’s NSGA-II starts with the largest, the heuristic and the smallest sub-network and mutates one gene in n. The published one starts at random and hardly mutates.',
      kind: 'select',
      ...at('search', 'preset'),
      options: [
        ['pare', 'Pare'],
        ['published', 'Published'],
      ],
    },
    {
      label: 'Tolerance',
      about: 'Accuracy below the heuristic’s that the final choice may give up for fewer MACs.',
      kind: 'number',
      ...at('search', 'tolerance'),
      min: 0,
      max: 100,
      unit: '%',
      step: 0.5,
      scale: 100,
    },
  ],
};

const scoring: FieldGroup = {
  title: 'Data and scoring',
  fields: [
    {
      label: 'Task',
      about:
        'Exact match: every token of the answer must be the model’s first choice. Perplexity: how well the text is predicted.',
      kind: 'select',
      ...top('task'),
      options: [
        ['exact', 'Exact match'],
        ['perplexity', 'Perplexity'],
      ],
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

/** All settings of a recipe: the main ones in sight, the others by what they belong to. */
export function groupsFor({ method }: Recipe): {
  main: readonly FieldSpec[];
  advanced: readonly FieldGroup[];
} {
  const pruning = { title: 'Pruning', fields: pruningFields };
  const others = [adapters, training, searching, scoring];
  return method === 'shears'
    ? { main: [...pruningFields, ...common], advanced: others }
    : { main: common, advanced: [adapters, training, searching, pruning, scoring] };
}
