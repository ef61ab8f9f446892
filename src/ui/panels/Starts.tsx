import { useStore } from 'zustand';
import {
  applyPublished,
  presetFor,
  publishedFor,
  recipeStore,
  resetRecipe,
  sameRecipe,
} from '../../state/recipe.ts';

/** Where the settings may begin: at Pare's preset, or at what the paper's code does. */
export function Starts({ disabled }: { disabled: boolean }) {
  const recipe = useStore(recipeStore, (state) => state.recipe);
  const published = publishedFor(recipe);
  const atPreset = sameRecipe(recipe, presetFor(recipe.method, recipe));
  const atPublished = published !== null && sameRecipe(recipe, published);
  return (
    <div className="starts">
      <button type="button" className="quiet small" disabled={disabled || atPreset} onClick={resetRecipe}>
        Reset
      </button>
      {published && (
        <button
          type="button"
          className="quiet small"
          disabled={disabled || atPublished}
          title="As the code published with the paper runs it"
          onClick={applyPublished}
        >
          Use the published settings
        </button>
      )}
    </div>
  );
}
