import type { Stage } from './events.ts';
import type { SessionView } from './view.ts';

/** A stage as people tell it: the log has one for all training, but that of plain LoRA is there to compare with. */
export type NamedStage = Stage | 'lora';

export const stageTitles: Record<NamedStage, string> = {
  prepare: 'Prepare',
  calibrate: 'Calibrate',
  train: 'Train',
  search: 'Search',
  lora: 'LoRA',
  test: 'Test',
};

/** Where a constraint compares with plain LoRA, that is trained first; else after the search. */
export const isLoraFirst = ({ recipe }: Pick<SessionView, 'recipe'>): boolean =>
  typeof recipe?.search?.leastOfLora === 'number';

/** The stages in the order in which the run comes to them. */
export const stageOrder = (view: Pick<SessionView, 'recipe'>): readonly NamedStage[] =>
  isLoraFirst(view)
    ? ['prepare', 'calibrate', 'lora', 'train', 'search', 'test']
    : ['prepare', 'calibrate', 'train', 'search', 'lora', 'test'];

/** What each of the view's stages is, one for one. */
export function namedStages(view: Pick<SessionView, 'stages' | 'recipe'>): NamedStage[] {
  const trainings: NamedStage[] = isLoraFirst(view) ? ['lora', 'train'] : ['train', 'lora'];
  let seen = 0;
  return view.stages.map(({ stage }) => (stage === 'train' ? trainings[Math.min(1, seen++)]! : stage));
}
