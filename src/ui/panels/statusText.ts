import type { Template } from '../../datasets/template.ts';
import { presets } from '../../recipes/presets.ts';
import { duration, integer, percent, roughly } from '../../session/format.ts';
import type { Recipe, Task } from '../../session/recipe.ts';
import { namedStages } from '../../session/stageTitles.ts';
import type { NamedStage } from '../../session/stageTitles.ts';
import { timeLeft } from '../../session/view.ts';
import type { SessionView } from '../../session/view.ts';
import type { ScoredData } from '../../state/scoreStore.ts';
import type { Origin } from '../../state/session.ts';

const stageDoing: Record<NamedStage, string> = {
  prepare: 'Preparing the model',
  calibrate: 'Measuring which weights matter',
  train: 'Training the adapters',
  search: 'Searching sub-networks',
  lora: 'Training plain LoRA, to compare',
  test: 'Measuring on the test split',
};

/**
 * The run in a sentence. A live region speaks it, so it changes with the stage and not with each step.
 * null where there is no run to speak of.
 */
export function statusText(view: SessionView, origin: Origin): string | null {
  const took = duration(view.elapsed);
  const scored = `${integer(view.points.length)} scored, ${integer(view.front.length)} on the front`;
  const stage = namedStages(view).at(-1);
  switch (view.status) {
    case 'empty':
      return null;
    case 'running':
      if (origin !== 'run') return `Unfinished, after ${took}: ${scored}.`;
      return stage ? `${stageDoing[stage]}…` : 'Starting…';
    case 'paused':
      return origin === 'run' ? 'Paused.' : `Unfinished, after ${took}: ${scored}.`;
    case 'stopped':
      return `Stopped after ${took}: ${scored}.`;
    case 'finished':
      return `Finished in ${took}: ${scored}.`;
    case 'failed':
      return `Failed after ${took}.`;
    default:
      return view.status satisfies never;
  }
}

/** While it is not known which examples the recipe takes. */
export const countingText = 'Counting tokens…';

/** “LoNAS · seed 0”: which of the runs of this page it is. */
export const recipeTitle = ({ method, seed }: Pick<Recipe, 'method' | 'seed'>): string =>
  `${presets[method].label} · seed ${seed}`;

/** Which of several runs it is; its seed once that has begun. */
export const queueText = ({ place, of }: { place: number; of: number }, seed: number | null): string =>
  `Run ${place} of ${of}${seed === null ? '' : `, seed ${seed}`}.`;

/** Tasks as the page calls them. */
export const taskTitles: Readonly<Record<Task, string>> = {
  exact: 'Exact match',
  generated: 'Generated answers',
  choice: 'Multiple choice',
  perplexity: 'Perplexity',
};

export const templateTitles: Readonly<Record<Template, string>> = {
  auto: 'As published',
  alpaca: 'Alpaca (LLM-Adapters)',
  plain: 'Plain question',
  chat: 'Chat, the model’s own',
};

/** “Perplexity 3.705” and “200 documents · 74,120 tokens”; a share with its 95 % interval. */
export function scoredText({
  task,
  value,
  choice,
  interval,
  examples,
  tooLong,
  tokens,
  unit,
}: ScoredData): [score: string, of: string] {
  const score =
    task === 'perplexity' ? `Perplexity ${value.toPrecision(4)}` : `${taskTitles[task]} ${percent(value)}`;
  const used = `${integer(examples)} ${examples === 1 ? unit.slice(0, -1) : unit}`;
  const counted = tooLong > 0 ? `${used}, ${integer(tooLong)} too long and left out` : used;
  if (task === 'perplexity') return [score, `${counted} · ${integer(tokens)} tokens`];
  const both = choice && `as it is ${percent(choice.plain)}, by length ${percent(choice.length)}`;
  const likely = interval && `95 %: ${percent(interval[0])} to ${percent(interval[1])}`;
  return [score, [counted, both, likely].filter(Boolean).join(' · ')];
}

/** What the front will show next, said in its place for as long as there is no sub-network on it. */
export function nextText(view: SessionView): string | null {
  const { status, front, recipe, stages } = view;
  if ((status !== 'running' && status !== 'paused') || front.length > 0 || !recipe) return null;
  const wait = stages.at(-1)?.stage === 'train' ? timeLeft(view) : null;
  const when = wait === null ? 'Once the adapters are trained' : `In ${roughly(wait)}`;
  if (recipe.method === 'lora') return `${when}, the model is scored with its adapters and appears here.`;
  const { search } = recipe;
  if (!search) return `${when}, the largest, the heuristic and the smallest sub-network are scored.`;
  return `${when}, the search begins: ${integer(search.evaluations)} sub-networks, each drawn here as soon as it is scored.`;
}

/** What can be done with the chart now; a session from elsewhere stands still, however it was left. */
export function chartText({ status, front, stages }: SessionView, origin: Origin): string {
  if (front.length === 0) return 'The model before any training.';
  if (status !== 'running' || origin !== 'run')
    return 'Each dot is one sub-network. Click one, or use the arrow keys.';
  if (stages.at(-1)?.stage === 'search') return 'Each dot is one sub-network, drawn as soon as it is scored.';
  return 'The front is final. You can choose from it as soon as the results are measured.';
}
