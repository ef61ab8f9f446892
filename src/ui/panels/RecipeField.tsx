import { useStore } from 'zustand';
import { changeRecipe, recipeStore } from '../../state/recipe.ts';
import { NumberField } from '../controls/NumberField.tsx';
import { SelectField } from '../controls/SelectField.tsx';
import { SeveralField } from '../controls/SeveralField.tsx';
import { SwitchField } from '../controls/SwitchField.tsx';
import { TextField } from '../controls/TextField.tsx';
import { problemWith, rangeText, readFractions } from './recipeFields.ts';
import type { FieldSpec, NumberSpec } from './recipeFields.ts';

/** One setting, bound to its place in the recipe; nothing where the recipe does not have it. */
export function RecipeField({ spec, disabled }: { spec: FieldSpec; disabled: boolean }) {
  const value = useStore(recipeStore, ({ recipe }) => spec.read(recipe));
  if (value === undefined) return null;
  const change = (next: unknown): string | null => {
    const { recipe } = recipeStore.getState();
    return problemWith(spec, next, recipe) ?? changeRecipe(spec.write(recipe, next), spec.label);
  };
  const shared = { label: spec.label, disabled, title: spec.about };
  const words = Array.isArray(value) ? value.map(String) : [];
  switch (spec.kind) {
    case 'number':
      return <Numeric spec={spec} value={Number(value)} disabled={disabled} onChange={change} />;
    case 'fractions':
      return (
        <TextField {...shared} value={words.join(', ')} onChange={(text) => change(readFractions(text))} />
      );
    case 'select': {
      const { options, wide = false } = spec;
      return (
        <SelectField
          {...shared}
          options={options}
          wide={wide}
          value={typeof value === 'string' ? value : ''}
          onChange={change}
        />
      );
    }
    case 'several':
      return <SeveralField {...shared} options={spec.options} value={words} onChange={change} />;
    case 'switch':
      return <SwitchField {...shared} value={value === true} onChange={change} />;
    default:
      return spec satisfies never;
  }
}

interface NumericProps {
  spec: NumberSpec;
  value: number;
  disabled: boolean;
  onChange: (value: number) => string | null;
}

function Numeric({ spec, value, disabled, onChange }: NumericProps) {
  const range = useStore(recipeStore, ({ recipe }) => rangeText(spec, recipe));
  const { label, about, unit, step, scale } = spec;
  const optional = { ...(unit ? { unit } : {}), ...(step ? { step } : {}), ...(scale ? { scale } : {}) };
  return (
    <NumberField
      {...optional}
      label={label}
      title={`${about} (${range})`}
      value={value}
      disabled={disabled}
      onChange={onChange}
    />
  );
}
