import { useStore } from 'zustand';
import { presets } from '../../recipes/presets.ts';
import type { Method } from '../../session/recipe.ts';
import { chooseMethod, recipeStore } from '../../state/recipe.ts';

const order: readonly Method[] = ['lonas', 'shears', 'lora'];

/** The pipelines, and one line on what the chosen one does to the model. */
export function MethodChoice({ disabled }: { disabled: boolean }) {
  const method = useStore(recipeStore, (state) => state.recipe.method);
  return (
    <fieldset className="methods" disabled={disabled}>
      <legend className="sr-only">Method</legend>
      {order.map((key) => (
        <label key={key} className="method">
          <input type="radio" name="method" checked={method === key} onChange={() => chooseMethod(key)} />
          <span className="method-name">{presets[key].label}</span>
        </label>
      ))}
      <p className="method-summary">{presets[method].summary}</p>
    </fieldset>
  );
}
