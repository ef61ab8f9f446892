import { useStore } from 'zustand';
import { changeRecipe, recipeStore } from '../../state/recipe.ts';
import { NumberField } from '../controls/NumberField.tsx';
import { SelectField } from '../controls/SelectField.tsx';
import { TextField } from '../controls/TextField.tsx';
import { readField, readList, withField } from './recipeFields.ts';
import type { FieldSpec } from './recipeFields.ts';

/** One setting, bound to its place in the recipe; nothing where the method does not have it. */
export function RecipeField({ spec, disabled }: { spec: FieldSpec; disabled: boolean }) {
  const value = useStore(recipeStore, (state) => readField(state.recipe, spec.path));
  if (value === undefined) return null;
  const change = (next: unknown) =>
    changeRecipe(withField(recipeStore.getState().recipe, spec.path, next), spec.path.join('.'));
  const shared = { label: spec.label, disabled };
  if (spec.kind === 'number') {
    const { unit, step, scale } = spec;
    const optional = { ...(unit ? { unit } : {}), ...(step ? { step } : {}), ...(scale ? { scale } : {}) };
    return <NumberField {...shared} {...optional} value={Number(value)} onChange={change} />;
  }
  if (spec.kind === 'list') {
    const text = Array.isArray(value) ? value.join(', ') : '';
    return <TextField {...shared} value={text} onChange={(typed) => change(readList(typed))} />;
  }
  if (spec.kind === 'select') {
    return <SelectField {...shared} options={spec.options} value={String(value)} onChange={change} />;
  }
  return (
    <label className="switch">
      <input
        type="checkbox"
        checked={value === true}
        disabled={disabled}
        onChange={(event) => change(event.target.checked)}
      />
      {spec.label}
    </label>
  );
}
