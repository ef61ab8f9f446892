import { firstIssue } from './checkLog.ts';
import { isFragment, packFragment, refusal, unpackFragment } from './fragment.ts';
import type { FragmentKind } from './fragment.ts';
import { parseJson } from './parseJson.ts';
import { recipeSchema } from './recipe.ts';
import type { Recipe } from './recipe.ts';

/** A recipe in the page's address, `#r1.…`, where there is no session to be there (docs/session-format.md). */
const kind: FragmentKind = {
  letter: 'r',
  what: 'a Pare recipe',
  remedy: 'Ask the sender to copy the link again, or for the recipe file (.json).',
};

/** True for any address fragment that claims to be a recipe, ours or a later version's. */
export const isRecipeLink = (fragment: string): boolean => isFragment(kind, fragment);

/** Nothing is rounded or left out. */
export const encodeRecipeLink = (recipe: Recipe): string => packFragment(kind, recipe);

/** Throws a PareError `link-…` that says what is wrong with the link, whatever it holds. */
export function decodeRecipeLink(fragment: string): Recipe {
  const refuse = refusal(kind);
  const parsed = recipeSchema.safeParse(parseJson(unpackFragment(kind, fragment), refuse));
  if (parsed.success) return parsed.data;
  throw refuse('invalid', `does not hold a valid recipe: ${firstIssue(parsed.error)}`);
}
