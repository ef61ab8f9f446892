import { readFile } from 'node:fs/promises';
import { parseJson } from '../formats/json.ts';
import { PareError } from '../lib/assert.ts';
import { presets } from '../recipes/presets.ts';
import { methods, recipeSchema, type Method, type Recipe } from '../session/recipe.ts';
import { numberOf, usage, type Flags } from './arguments.ts';
import { questionOf, taskOf } from './question-input.ts';

/** A preset or a recipe file, with the flags on top of it. */
export async function recipeOf(subject: string | undefined, flags: Flags): Promise<Recipe> {
  return adjust(await readRecipe(subject, flags), flags);
}

async function readRecipe(subject: string | undefined, flags: Flags): Promise<Recipe> {
  if (!subject) throw usage(`A recipe is missing: ${methods.join(', ')}, or a recipe file.`);
  if (Object.hasOwn(presets, subject)) return presets[subject as Method].recipe(taskOf(flags));
  const text = await readFile(subject, 'utf8').catch(() => {
    throw usage(`${subject} is neither ${methods.join(', ')} nor a readable recipe file.`);
  });
  const parsed = recipeSchema.safeParse(parseJson(text, subject));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new PareError(
    'recipe-invalid',
    `${subject}: ${issue?.path.join('.') || 'the file'}: ${issue?.message}`,
    'Save the recipe again in the studio, or mend this field.',
  );
}

/** Flags on top of the recipe. */
function adjust(recipe: Recipe, flags: Flags): Recipe {
  const whole = (flag: 'seed' | 'steps' | 'population' | 'evaluations', least: number) =>
    numberOf(flag, flags[flag], { least, most: 0xffffffff, whole: true });
  const ratio = numberOf('sparsity', flags.sparsity, { least: 0, most: 0.99, whole: false });
  const { sparsity, search, training } = recipe;
  const adjusted: Recipe = {
    ...recipe,
    ...questionOf(flags, recipe),
    seed: whole('seed', 0) ?? recipe.seed,
    training: { ...training, steps: whole('steps', 0) ?? training.steps },
    search: search && {
      ...search,
      population: whole('population', 2) ?? search.population,
      evaluations: whole('evaluations', 1) ?? search.evaluations,
    },
    sparsity:
      ratio === undefined
        ? sparsity
        : ratio === 0
          ? null
          : { method: 'wanda', pattern: null, calibration: 128, ...sparsity, ratio },
  };
  const checked = recipeSchema.safeParse((flags.set ?? []).reduce(withField, adjusted));
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw usage(`${issue?.path.join('.')}: ${issue?.message}`);
}

/** `training.batch=4`: one field of the recipe, its value as JSON or, failing that, as text. */
function withField(recipe: unknown, assignment: string): unknown {
  const [, path, text] = /^([a-zA-Z.]+)=(.*)$/s.exec(assignment) ?? [];
  if (path === undefined || text === undefined) throw usage(`--set ${assignment} is not PATH=VALUE.`);
  const change = (held: unknown, [key, ...rest]: string[]): unknown => {
    if (key === undefined) return parseValue(text);
    if (typeof held !== 'object' || held === null || !Object.hasOwn(held, key))
      throw usage(`--set ${path}: this recipe has no ${key}.`);
    return { ...held, [key]: change((held as Record<string, unknown>)[key], rest) };
  };
  return change(recipe, path.split('.'));
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
