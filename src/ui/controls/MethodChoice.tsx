import { useStore } from 'zustand';
import { presets } from '../../recipes/presets.ts';
import type { Method } from '../../session/recipe.ts';
import { chooseMethod, recipeStore } from '../../state/recipe.ts';

const order: readonly Method[] = ['lonas', 'shears', 'lora'];

/** The pipelines, each with one line on what it does to the model. */
export function MethodChoice({ disabled }: { disabled: boolean }) {
  const method = useStore(recipeStore, (state) => state.recipe.method);
  return (
    <fieldset className="methods" disabled={disabled}>
      <legend className="sr-only">Method</legend>
      {order.map((key) => (
        <label key={key} className="method">
          <input type="radio" name="method" checked={method === key} onChange={() => chooseMethod(key)} />
          <span className="method-name">{presets[key].label}</span>
          <span className="method-summary">{presets[key].summary}</span>
        </label>
      ))}
    </fieldset>
  );
}
