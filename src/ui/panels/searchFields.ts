import { presets } from '../../recipes/presets.ts';
import type { Recipe } from '../../session/recipe.ts';
import { at, isElastic } from './recipeFields.ts';
import type { FieldGroup } from './recipeFields.ts';

const third = at('search', 'third');
const leastOfLora = at('search', 'leastOfLora');
const asksForLora = ({ search }: Recipe): boolean => typeof search?.leastOfLora === 'number';
/** Where the switch begins; a twentieth of the score is what most would give for a smaller model. */
const usualShare = 0.95;

const algorithms = [
  ['nsga2', 'NSGA-II'],
  ['random', 'Random search'],
  ['hill-climb', 'Hill climb'],
  ['none', 'None: the three references only'],
] as const;

export const searching: FieldGroup = {
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
    {
      label: 'Third objective',
      about:
        'What the search makes small beside MACs and errors. Latency is measured on this device, so it is not the same on another.',
      kind: 'select',
      read: (recipe) => {
        const objective = third.read(recipe);
        return objective === null ? 'none' : objective;
      },
      write: (recipe, objective) => third.write(recipe, objective === 'none' ? null : objective),
      options: [
        ['none', 'None'],
        ['parameters', 'Parameters'],
        ['bytes', 'Bytes'],
        ['latency', 'Latency, measured'],
      ],
      wide: true,
    },
    {
      label: 'Demand a share of LoRA’s score',
      about:
        'Sub-networks that score less count as infeasible: any that scores enough is preferred to them. Plain LoRA is then trained first.',
      kind: 'switch',
      read: (recipe) => {
        const share = leastOfLora.read(recipe);
        return share === undefined ? undefined : share !== null;
      },
      write: (recipe, on) => leastOfLora.write(recipe, on === true ? usualShare : null),
    },
    {
      label: 'At least, of LoRA’s',
      about: 'The share of plain LoRA’s score that a sub-network must reach.',
      kind: 'number',
      ...at('search', 'leastOfLora', asksForLora),
      min: 1,
      max: 100,
      unit: '%',
      step: 1,
      scale: 100,
    },
  ],
};
