import type { Recipe } from '../../session/recipe.ts';
import { at } from './recipeFields.ts';
import type { FieldSpec } from './recipeFields.ts';

type Sparsity = NonNullable<Recipe['sparsity']>;

const isPruned = ({ sparsity }: Recipe): boolean => sparsity !== null && sparsity.method !== 'existing';

const whenNothingWas: Sparsity = { method: 'wanda', ratio: 0.5, pattern: null, calibration: 128 };
const named: Readonly<Record<string, Sparsity['pattern']>> = {
  '2:4': { n: 2, m: 4 },
  '4:8': { n: 4, m: 8 },
  'n:m': { n: 1, m: 4 },
};

/** The choice of the Pattern field. */
export function patternOf({ sparsity }: Recipe): string {
  if (!sparsity) return 'dense';
  const { pattern, method } = sparsity;
  if (method === 'existing') return 'existing';
  if (!pattern) return 'ratio';
  const name = `${pattern.n}:${pattern.m}`;
  return name in named ? name : 'n:m';
}

function withPattern(recipe: Recipe, choice: unknown): unknown {
  if (choice === 'dense') return { ...recipe, sparsity: null };
  const sparsity = recipe.sparsity ?? whenNothingWas;
  if (choice === 'existing')
    return { ...recipe, sparsity: { ...sparsity, method: 'existing', pattern: null } };
  const method = isPruned(recipe) ? sparsity.method : whenNothingWas.method;
  return { ...recipe, sparsity: { ...sparsity, method, pattern: named[String(choice)] ?? null } };
}

/** One half of N:M. */
function half(key: 'n' | 'm'): Pick<FieldSpec, 'read' | 'write'> {
  return {
    read: ({ sparsity }) => sparsity?.pattern?.[key],
    write: (recipe, value) => ({
      ...recipe,
      sparsity: { ...recipe.sparsity, pattern: { ...recipe.sparsity?.pattern, [key]: value } },
    }),
  };
}

/** What becomes zero before training. Shears and SQFT are about it; the others can be put on a sparse base as well. */
export const pruningFields: readonly FieldSpec[] = [
  {
    label: 'Pattern',
    about:
      'Which weights may become zero: any of a row (unstructured), or N of every M neighbours, which some hardware can skip. Dense prunes nothing; a model that came with zeros can keep just those.',
    kind: 'select',
    read: patternOf,
    write: withPattern,
    options: [
      ['dense', 'Dense'],
      ['ratio', 'Unstructured'],
      ['2:4', '2:4'],
      ['4:8', '4:8'],
      ['n:m', 'N:M'],
      ['existing', 'Zeros it came with'],
    ],
  },
  {
    label: 'Sparsity',
    about: 'The share of each row that becomes zero.',
    kind: 'number',
    ...at('sparsity', 'ratio', (recipe) => isPruned(recipe) && recipe.sparsity?.pattern === null),
    min: 0,
    max: 99,
    unit: '%',
    step: 5,
    scale: 100,
  },
  {
    label: 'N zeros',
    about: 'How many of every M neighbours become zero.',
    kind: 'number',
    ...half('n'),
    min: 1,
    max: ({ sparsity }) => (sparsity?.pattern?.m ?? 16) - 1,
    integer: true,
    step: 1,
  },
  {
    label: 'Of every M',
    about: 'How many neighbours of a row are looked at together.',
    kind: 'number',
    ...half('m'),
    min: ({ sparsity }) => (sparsity?.pattern?.n ?? 1) + 1,
    max: 16,
    integer: true,
    step: 1,
  },
  {
    label: 'Prune by',
    about:
      'Wanda weighs each weight by the activations it meets, and keeps more of the accuracy. Magnitude looks at the weight alone.',
    kind: 'select',
    ...at('sparsity', 'method', isPruned),
    options: [
      ['wanda', 'Wanda'],
      ['magnitude', 'Magnitude'],
    ],
  },
  {
    label: 'Calibration',
    about: 'Training examples from which Wanda takes the activations.',
    kind: 'number',
    ...at('sparsity', 'calibration', ({ sparsity }) => sparsity?.method === 'wanda'),
    min: 1,
    max: 4096,
    integer: true,
    step: 16,
  },
];
