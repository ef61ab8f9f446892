import { at, isElastic, top, whole } from './recipeFields.ts';
import type { FieldGroup } from './recipeFields.ts';

export const training: FieldGroup = {
  title: 'Training',
  fields: [
    {
      label: 'Batch',
      about: 'Examples in a step.',
      ...whole,
      ...at('training', 'batch'),
      min: 1,
      max: 1024,
      step: 1,
    },
    {
      label: 'Learning rate',
      about: 'The size of a step. Lower it where the loss jumps.',
      kind: 'number',
      ...at('training', 'learningRate'),
      min: 1e-7,
      max: 1,
    },
    {
      label: 'Warm-up',
      about: 'Steps over which the learning rate rises from zero.',
      ...whole,
      ...at('training', 'warmup'),
      min: 0,
      max: 100_000,
      unit: 'steps',
      step: 10,
    },
    {
      label: 'Schedule',
      about: 'Whether the learning rate falls to zero along a cosine, or stays.',
      kind: 'select',
      ...at('training', 'schedule'),
      options: [
        ['cosine', 'Cosine'],
        ['constant', 'Constant'],
      ],
    },
    {
      label: 'Weight decay',
      about: 'Pulls the adapters towards zero.',
      kind: 'number',
      ...at('training', 'weightDecay'),
      min: 0,
      max: 1,
      step: 0.01,
    },
    {
      label: 'Gradient clip',
      about: 'The longest gradient that is followed in full.',
      kind: 'number',
      ...at('training', 'clip'),
      min: 0.001,
      max: 1_000_000,
      step: 0.5,
    },
    {
      label: 'Loss on',
      about: 'Learn to give the answer, or to write prompt and answer both.',
      kind: 'select',
      ...at('training', 'loss'),
      options: [
        ['answer', 'The answer'],
        ['all', 'Prompt and answer'],
      ],
      wide: true,
    },
    {
      label: 'Sampling',
      about:
        'The sub-network that each example trains: a random one, or the largest, the smallest and random ones in turn (sandwich), which lifts the extremes.',
      kind: 'select',
      ...at('training', 'sampling', isElastic),
      options: [
        ['random', 'Random'],
        ['sandwich', 'Sandwich: largest, smallest, random'],
      ],
      wide: true,
    },
    {
      label: 'Train plain LoRA as well, to compare',
      about: 'The baseline of the results table. It takes as long as the training itself.',
      kind: 'switch',
      ...top('baseline', ({ method }) => method !== 'lora'),
    },
  ],
};
