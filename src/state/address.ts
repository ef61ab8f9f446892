import { defaultRecipe } from '../recipes/presets.ts';
import { encodeLink, isLink } from '../session/link.ts';
import { encodeRecipeLink, isRecipeLink } from '../session/recipe-link.ts';
import { platform } from './platform.ts';
import { recipeStore, sameRecipe } from './recipe.ts';
import { sessionLog, sessionStore } from './session.ts';

/**
 * The address always holds what is on the page, so that reloading, bookmarking and sending it lose nothing: the
 * session, or else the recipe where it is not the default one.
 */
const recipeAfter = 500;
/** Of a run that goes on. Its stages are written at once. */
const sessionAfter = 5000;
/** A log that took longer to pack than this (it had to be thinned) is packed only when a stage has ended. */
const mostPacking = 100;
let packing = 0;

let timer: ReturnType<typeof setTimeout> | null = null;

/** Keeps the address in step; gives back how to stop that. */
export function keepAddress(): () => void {
  const stops = [
    sessionStore.subscribe((now, before) => {
      const { view, origin, id } = now;
      const settled =
        view.status !== before.view.status ||
        view.stages.length !== before.view.stages.length ||
        view.chosen !== before.view.chosen ||
        origin !== before.origin ||
        id !== before.id;
      if (settled) shareInAddress();
      else if (view !== before.view && packing <= mostPacking) later(sessionAfter);
    }),
    recipeStore.subscribe((now, before) => {
      if (now.recipe !== before.recipe && sessionStore.getState().origin === 'none') restart(recipeAfter);
    }),
  ];
  return () => {
    for (const stop of stops) stop();
    cancel();
  };
}

/** Writes the address now. */
export function shareInAddress(): void {
  cancel();
  const { origin } = sessionStore.getState();
  // Whoever opened a link has it in the address already, as it was sent.
  if (origin === 'link') return;
  if (origin === 'none') writeRecipe();
  else writeSession();
}

function writeSession(): void {
  const log = sessionLog();
  if (log.length === 0) return;
  const began = performance.now();
  try {
    platform().address.replaceFragment(encodeLink(log).fragment);
  } catch {
    // Too long for a link, as the Share panel says when it is asked; its recipe never is.
    const { recipe } = sessionStore.getState().view;
    if (recipe) platform().address.replaceFragment(encodeRecipeLink(recipe));
  }
  packing = performance.now() - began;
}

function writeRecipe(): void {
  const { recipe } = recipeStore.getState();
  const { address } = platform();
  if (!sameRecipe(recipe, defaultRecipe)) address.replaceFragment(encodeRecipeLink(recipe));
  else if (isOurs(new URL(address.read()).hash)) address.clearFragment();
}

const isOurs = (fragment: string): boolean => isRecipeLink(fragment) || isLink(fragment);

function cancel(): void {
  if (timer !== null) clearTimeout(timer);
  timer = null;
}

function later(milliseconds: number): void {
  timer ??= setTimeout(shareInAddress, milliseconds);
}

function restart(milliseconds: number): void {
  cancel();
  later(milliseconds);
}
