import type { ReactNode } from 'react';
import { useStore } from 'zustand';
import { recipeStore } from '../../state/recipe.ts';
import { Explain } from '../controls/Explain.tsx';
import { rangeText } from './recipeFields.ts';
import type { FieldSpec } from './recipeFields.ts';

interface Props {
  about: string;
  fields: readonly FieldSpec[];
  children?: ReactNode;
}

/** What the settings that are shown mean, and what they may be. */
export function Glossary({ about, fields, children }: Props) {
  const recipe = useStore(recipeStore, (state) => state.recipe);
  return (
    <Explain about={about}>
      {children}
      <dl className="glossary">
        {fields
          .filter((spec) => spec.read(recipe) !== undefined)
          .map((spec) => (
            <div key={spec.label}>
              <dt>
                {spec.label}
                {spec.kind === 'number' && <span> {rangeText(spec, recipe)}</span>}
              </dt>
              <dd>{spec.about}</dd>
            </div>
          ))}
      </dl>
    </Explain>
  );
}
