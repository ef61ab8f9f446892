import { useStore } from 'zustand';
import type { Recipe } from '../../session/recipe.ts';
import { reportError } from '../../state/notices.ts';
import { platform } from '../../state/platform.ts';
import { importRecipe, recipeStore, recipeText, redoRecipe, undoRecipe } from '../../state/recipe.ts';
import { MethodChoice } from '../controls/MethodChoice.tsx';
import { Panel } from '../controls/Panel.tsx';
import { FilePicker } from '../drop/FilePicker.tsx';
import { Glossary } from './Glossary.tsx';
import { MethodTable } from './MethodTable.tsx';
import { MemoryNeeded } from './MemoryNeeded.tsx';
import { RecipeField } from './RecipeField.tsx';
import type { FieldGroup, FieldSpec } from './recipeFields.ts';
import { patternOf } from './pruningFields.ts';
import { groupsFor } from './recipeGroups.ts';
import { Starts } from './Starts.tsx';
import { useBusy } from './useBusy.ts';
import './recipe.css';

export function RecipePanel() {
  const busy = useBusy();
  const recipe = useStore(recipeStore, (state) => state.recipe);
  const { lead, main, advanced } = groupsFor(recipe);
  return (
    <Panel
      title="Recipe"
      step={3}
      className="recipe"
      aside={<History disabled={busy} main={[...lead, ...main]} />}
    >
      <MethodChoice disabled={busy} />
      <Starts disabled={busy} />
      {lead.length > 0 && (
        <div className="fields lead" data-pattern={patternOf(recipe)}>
          {lead.map((spec) => (
            <RecipeField key={`${recipe.method} ${spec.label}`} spec={spec} disabled={busy} />
          ))}
        </div>
      )}
      <div className="fields main">
        {main.map((spec) => (
          <RecipeField key={`${recipe.method} ${spec.label}`} spec={spec} disabled={busy} />
        ))}
      </div>
      <MemoryNeeded />
      <Advanced recipe={recipe} groups={advanced} disabled={busy} />
    </Panel>
  );
}

function History({ disabled, main }: { disabled: boolean; main: readonly FieldSpec[] }) {
  const canUndo = useStore(recipeStore, (state) => state.past.length > 0);
  const canRedo = useStore(recipeStore, (state) => state.future.length > 0);
  return (
    <>
      <Glossary about="recipes" fields={main}>
        <p>
          <strong>A recipe</strong> says how the model is made smaller: what is cut away, how small trainable
          adapters win the accuracy back, and how sub-networks are searched.
        </p>
        <MethodTable />
      </Glossary>
      <button
        type="button"
        className="icon"
        aria-label="Undo"
        title="Undo"
        disabled={disabled || !canUndo}
        onClick={undoRecipe}
      >
        ↶
      </button>
      <button
        type="button"
        className="icon"
        aria-label="Redo"
        title="Redo"
        disabled={disabled || !canRedo}
        onClick={redoRecipe}
      >
        ↷
      </button>
    </>
  );
}

interface AdvancedProps {
  recipe: Recipe;
  groups: readonly FieldGroup[];
  disabled: boolean;
}

function Advanced({ recipe, groups, disabled }: AdvancedProps) {
  const shown = groups.filter(({ fields }) => fields.some((spec) => spec.read(recipe) !== undefined));
  return (
    <details className="advanced">
      <summary>Advanced</summary>
      {shown.map(({ title, fields }) => (
        <fieldset key={title}>
          <legend>{title}</legend>
          <div className="advanced-about">
            <Glossary about={title.toLowerCase()} fields={fields} />
          </div>
          <div className="fields">
            {fields.map((spec) => (
              <RecipeField key={`${recipe.method} ${spec.label}`} spec={spec} disabled={disabled} />
            ))}
          </div>
        </fieldset>
      ))}
      <div className="buttons">
        <button type="button" className="quiet" onClick={() => void saveRecipe().catch(reportError)}>
          Export recipe
        </button>
        <FilePicker
          label="Import recipe"
          accept=".json,application/json"
          disabled={disabled}
          onFiles={async ([first]) => importRecipe((await first?.file.text()) ?? '')}
        />
      </div>
    </details>
  );
}

function saveRecipe(): Promise<void> {
  const { method } = recipeStore.getState().recipe;
  return platform().save(`${method}.recipe.json`, recipeText());
}
