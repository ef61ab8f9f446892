import { redoRecipe, undoRecipe } from '../state/recipe.ts';
import { isRunning } from '../state/run.ts';

/**
 * Ctrl+Z (⌘Z), and Ctrl+Shift+Z or Ctrl+Y, undo and redo settings; in a text field they are the field's own. While a
 * run goes on its recipe stays, as its buttons do.
 */
export function listenForUndo(): void {
  window.addEventListener('keydown', (event) => {
    const { key, shiftKey, altKey, ctrlKey, metaKey, target } = event;
    if (!(ctrlKey || metaKey) || altKey || isRunning() || isTextField(target)) return;
    const letter = key.toLowerCase();
    if (letter === 'z' && !shiftKey) undoRecipe();
    else if ((letter === 'z' && shiftKey) || (letter === 'y' && !shiftKey)) redoRecipe();
    else return;
    event.preventDefault();
  });
}

const typed = new Set(['text', 'search', 'url', 'tel', 'email', 'password', 'number']);

const isTextField = (target: EventTarget | null): boolean =>
  target instanceof HTMLTextAreaElement ||
  (target instanceof HTMLInputElement && typed.has(target.type)) ||
  (target instanceof HTMLElement && target.isContentEditable);
