import { useStore } from 'zustand';
import { isActive } from '../../session/view.ts';
import { reportError } from '../../state/notices.ts';
import { platform } from '../../state/platform.ts';
import { importRecipe, recipeStore, recipeText, redoRecipe, undoRecipe } from '../../state/recipe.ts';
import { sessionStore } from '../../state/session.ts';
import { Explain } from '../controls/Explain.tsx';
import { MethodChoice } from '../controls/MethodChoice.tsx';
import { Panel } from '../controls/Panel.tsx';
import { FilePicker } from '../drop/FilePicker.tsx';
import { MemoryNeeded } from './MemoryNeeded.tsx';
import { RecipeField } from './RecipeField.tsx';
import { advancedFields, mainFields, readField } from './recipeFields.ts';
import './recipe.css';

export function RecipePanel() {
  const busy = useStore(sessionStore, ({ view, origin }) => origin === 'run' && isActive(view));
  return (
    <Panel title="Recipe" step={3} className="recipe" aside={<History disabled={busy} />}>
      <MethodChoice disabled={busy} />
      <div className="fields">
        {mainFields.map((spec) => (
          <RecipeField key={spec.label} spec={spec} disabled={busy} />
        ))}
      </div>
      <MemoryNeeded />
      <Advanced disabled={busy} />
    </Panel>
  );
}

function History({ disabled }: { disabled: boolean }) {
  const canUndo = useStore(recipeStore, (state) => state.past.length > 0);
  const canRedo = useStore(recipeStore, (state) => state.future.length > 0);
  return (
    <>
      <Explain about="recipes">
        <p>
          <strong>A recipe</strong> says how the model is made smaller: what is cut away, how small trainable
          adapters win the accuracy back, and how sub-networks are searched.
        </p>
        <p>
          <strong>Rank</strong> is the size of an adapter. <strong>Steps</strong> train them.{' '}
          <strong>Evaluations</strong> is how many sub-networks the search may score,{' '}
          <strong>Population</strong> how many it breeds from. The same <strong>seed</strong> gives the same
          run.
        </p>
      </Explain>
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

function Advanced({ disabled }: { disabled: boolean }) {
  const recipe = useStore(recipeStore, (state) => state.recipe);
  const shown = advancedFields.filter(({ fields }) =>
    fields.some((spec) => readField(recipe, spec.path) !== undefined),
  );
  return (
    <details className="advanced">
      <summary>Advanced</summary>
      {shown.map(({ title, fields }) => (
        <fieldset key={title}>
          <legend>{title}</legend>
          <div className="fields">
            {fields.map((spec) => (
              <RecipeField key={spec.label} spec={spec} disabled={disabled} />
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
