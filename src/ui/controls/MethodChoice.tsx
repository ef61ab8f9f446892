import { useId } from 'react';
import { useStore } from 'zustand';
import { presets } from '../../recipes/presets.ts';
import type { Method } from '../../session/recipe.ts';
import { modelStore } from '../../state/model.ts';
import { chooseMethod, recipeStore } from '../../state/recipe.ts';
import { floatName, merging, methodOrder, ships } from '../panels/methodFacts.ts';

/** The recipes from simple to rich, with what each leaves on the disk; and what the chosen one does to the model. */
export function MethodChoice({ disabled }: { disabled: boolean }) {
  const method = useStore(recipeStore, (state) => state.recipe.method);
  const float = useStore(modelStore, ({ summary }) => floatName(summary?.dtype));
  return (
    <fieldset className="methods" disabled={disabled}>
      <legend className="sr-only">Method</legend>
      {methodOrder.map((key) => (
        <Row key={key} method={key} checked={key === method} ships={ships[key](float)} />
      ))}
      <p className="method-summary">
        {presets[method].summary} <span className="soft">{merging[method]}</span>
      </p>
    </fieldset>
  );
}

/** Named by its method alone; what it ships is its description. */
function Row({ method, checked, ships: shipped }: { method: Method; checked: boolean; ships: string }) {
  const id = useId();
  return (
    <label className="method">
      <input
        type="radio"
        name="method"
        checked={checked}
        aria-labelledby={`${id}-name`}
        aria-describedby={`${id}-ships`}
        onChange={() => chooseMethod(method)}
      />
      <span id={`${id}-name`} className="method-name">
        {presets[method].label}
      </span>
      <span id={`${id}-ships`} className="method-ships">
        {shipped}
      </span>
    </label>
  );
}
