import { templates } from '../datasets/template.ts';
import { recipeSchema, tasks, type Recipe, type Task } from '../session/recipe.ts';
import { numberOf, usage, type Flags } from './arguments.ts';

/** `--task`; exact match unless given. */
export function taskOf({ task = 'exact' }: Flags): Task {
  return oneOf('task', task, tasks);
}

/** What is asked, and how it is scored: the recipe's own, with the flags on top. */
export function questionOf(flags: Flags, recipe: Recipe): Pick<Recipe, 'task' | 'template' | 'scoring'> {
  const { task, template, scoring } = recipe;
  const whole = (flag: 'beams' | 'answer-tokens', most: number) =>
    numberOf(flag, flags[flag], { least: 1, most, whole: true });
  const fields = recipeSchema.shape.scoring.unwrap().shape;
  return {
    task: flags.task === undefined ? task : taskOf(flags),
    template: flags.template === undefined ? template : oneOf('template', flags.template, templates),
    scoring: {
      choice:
        flags.choice === undefined ? scoring.choice : oneOf('choice', flags.choice, fields.choice.options),
      beams: whole('beams', fields.beams.maxValue ?? 1) ?? scoring.beams,
      answerTokens: whole('answer-tokens', fields.answerTokens.maxValue ?? 1) ?? scoring.answerTokens,
    },
  };
}

function oneOf<T extends string>(flag: string, text: string, values: readonly T[]): T {
  const found = values.find((value) => value === text);
  if (found) return found;
  throw usage(`--${flag} must be ${values.slice(0, -1).join(', ')} or ${values.at(-1)}.`);
}
