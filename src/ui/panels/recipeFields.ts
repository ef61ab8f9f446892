import type { Recipe } from '../../session/recipe.ts';

interface Common {
  label: string;
  /** What it does and when to change it: shown in the section's explanation. */
  about: string;
  /** undefined where this recipe has no such setting; its field is then not shown. */
  read: (recipe: Recipe) => unknown;
  /** The recipe with the setting changed, not yet checked. */
  write: (recipe: Recipe, value: unknown) => unknown;
}

type Bound = number | ((recipe: Recipe) => number);

/** `min` and `max` are in the unit that is shown: 50 % is kept as 0.5, which is `scale` 100. */
export interface NumberSpec extends Common {
  kind: 'number';
  min: Bound;
  max: Bound;
  integer?: boolean;
  unit?: string;
  step?: number;
  scale?: number;
}

export type Options = readonly (readonly [value: string, label: string])[];

export type FieldSpec =
  | NumberSpec
  | (Common & { kind: 'select'; options: Options; wide?: boolean })
  /** Several of a few words. */
  | (Common & { kind: 'several'; options: Options })
  | (Common & { kind: 'fractions' })
  | (Common & { kind: 'switch' });

export interface FieldGroup {
  title: string;
  fields: readonly FieldSpec[];
}

type Access = Pick<Common, 'read' | 'write'>;
type Condition = (recipe: Recipe) => boolean;
export const isElastic: Condition = ({ elastic }) => elastic !== null;
/** What the integers have in common. */
export const whole = { kind: 'number', integer: true } as const;
const always: Condition = () => true;

/** A setting of the recipe itself: `seed`. */
export function top(key: 'seed' | 'task' | 'template' | 'maxLength' | 'baseline', when = always): Access {
  return {
    read: (recipe) => (when(recipe) ? recipe[key] : undefined),
    write: (recipe, value) => ({ ...recipe, [key]: value }),
  };
}

type Section =
  | 'scoring'
  | 'split'
  | 'sparsity'
  | 'quantization'
  | 'adapter'
  | 'elastic'
  | 'training'
  | 'search';

/** A setting in a section that the recipe may not have: `training.steps`. */
export function at<S extends Section>(
  section: S,
  key: keyof NonNullable<Recipe[S]> & string,
  when = always,
): Access {
  return {
    read: (recipe) => {
      const held: object | null = recipe[section];
      return held !== null && when(recipe) ? (Reflect.get(held, key) as unknown) : undefined;
    },
    write: (recipe, value) => ({ ...recipe, [section]: { ...recipe[section], [key]: value } }),
  };
}

/** "1, 0.75, .5" → numbers; a word that is no number becomes NaN, which no check lets through. */
export const readFractions = (text: string): number[] =>
  text
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map(Number);

/** What is wrong with a value, in the words of its field; null where nothing is. `value` as the recipe keeps it. */
export function problemWith(spec: FieldSpec, value: unknown, recipe: Recipe): string | null {
  if (spec.kind === 'fractions') return problemWithFractions(value);
  if (spec.kind === 'several')
    return Array.isArray(value) && value.length > 0 ? null : 'At least one is needed.';
  if (spec.kind !== 'number') return null;
  const shown = Number((Number(value) * (spec.scale ?? 1)).toPrecision(12));
  const { min, max } = boundsOf(spec, recipe);
  if (shown >= min && shown <= max && (!spec.integer || Number.isInteger(shown))) return null;
  return `${spec.integer ? 'A whole number from' : 'From'} ${rangeText(spec, recipe)}.`;
}

const written = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 8 });

/** “1 to 512”. */
export function rangeText(spec: NumberSpec, recipe: Recipe): string {
  const { min, max } = boundsOf(spec, recipe);
  return `${written(min)} to ${written(max)}${spec.unit ? ` ${spec.unit}` : ''}`;
}

export function boundsOf({ min, max }: NumberSpec, recipe: Recipe): { min: number; max: number } {
  const valueOf = (bound: Bound) => (typeof bound === 'function' ? bound(recipe) : bound);
  return { min: valueOf(min), max: valueOf(max) };
}

const mostFractions = 16;

function problemWithFractions(value: unknown): string | null {
  const numbers: unknown[] = Array.isArray(value) ? value : [];
  const good = numbers.every((item) => typeof item === 'number' && item > 0 && item <= 1);
  return good && numbers.length > 0 && numbers.length <= mostFractions
    ? null
    : 'Fractions above 0 and up to 1, as in “1, 0.75, 0.5”.';
}
