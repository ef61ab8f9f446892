import type { Subject } from './kills.ts';

const fields = (assignments: readonly string[]) => assignments.flatMap((each) => ['--set', each]);

const calibrated: Record<string, string[]> = {
  shears: ['sparsity'],
  sqft: ['sparsity', 'quantization'],
  'sqft-sparsepeft': ['sparsity'],
  'sqft-qa-sparsepeft': ['sparsity', 'quantization'],
};

/** As short as a run can be that goes through every stage, LoRA included. */
export function subjectOf(recipe: string, inputs: readonly string[], script = 'dist-cli/main.js'): Subject {
  const parts = calibrated[recipe] ?? [];
  const settings = [
    // Unlike the share of right answers, perplexity changes with every bit.
    '--task=perplexity',
    '--seed=5',
    '--steps=6',
    '--population=3',
    '--evaluations=7',
    ...fields(['split.validation=4', 'split.test=4', 'training.batch=2', 'baseline=true']),
    ...fields(parts.map((part) => `${part}.calibration=4`)),
    ...fields(parts.includes('quantization') ? ['quantization.group=32'] : []),
  ];
  return { script, recipe, inputs, settings };
}

export const demoInputs = (device = 'webgpu'): string[] => [
  '--model=demo',
  '--data=demo',
  `--device=${device}`,
];
