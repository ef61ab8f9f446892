import type { z } from 'zod';
import { presets } from '../recipes/presets.ts';
import { methods, recipeSchema } from '../session/recipe.ts';
import type { Recipe } from '../session/recipe.ts';

export interface RecipeProblem {
  /** The field as a recipe file writes it: `quantization.group`. Empty where it is the recipe as a whole. */
  path: string;
  /** What to change, in a sentence that names the field. */
  text: string;
}

/** The recipe where it is one; else all that is wrong with it. */
export function checkRecipe(value: unknown): Recipe | RecipeProblem[] {
  const parsed = recipeSchema.safeParse(value);
  return parsed.success ? parsed.data : parsed.error.issues.map((issue) => problemOf(issue, value));
}

function problemOf(issue: z.core.$ZodIssue, root: unknown): RecipeProblem {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'custom') return { path, text: inWords(issue.message) };
  return { path, text: `${path || 'The recipe'} ${complaint(issue, valueAt(root, issue.path))}.` };
}

function complaint(issue: z.core.$ZodIssue, found: unknown): string {
  const but = found === undefined ? ', but is missing' : `, not ${short(found)}`;
  switch (issue.code) {
    case 'unrecognized_keys':
      return `has no field ${issue.keys.map((key) => `“${key}”`).join(', ')}`;
    case 'invalid_value':
      return `must be ${oneOf(issue.values)}${but}`;
    case 'invalid_union':
      return `must be ${oneOf(issue.errors.flat().flatMap((each) => (each.code === 'invalid_value' ? each.values : [])))}${but}`;
    case 'too_small':
      return `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${counted(issue.origin)}${but}`;
    case 'too_big':
      return `must be ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}${counted(issue.origin)}${but}`;
    case 'invalid_type':
      return `must be ${issue.expected === 'int' ? 'a whole number' : `of type ${issue.expected}`}${but}`;
    default:
      return `is not valid: ${issue.message}`;
  }
}

const counted = (origin: string): string => (origin === 'array' ? ' long' : '');

function oneOf(values: readonly unknown[]): string {
  const written = values.map((value) => (typeof value === 'string' ? `“${value}”` : String(value)));
  return written.length > 1 ? `${written.slice(0, -1).join(', ')} or ${written.at(-1)}` : (written[0] ?? '?');
}

const mostShown = 40;

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > mostShown ? `${text.slice(0, mostShown)}…` : text;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    root,
  );
}

/** The schema speaks of methods as a file does; people know them by their names. */
function inWords(message: string): string {
  const method = methods.find((each) => message.startsWith(`${each} `));
  const text = method ? presets[method].label + message.slice(method.length) : message;
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
