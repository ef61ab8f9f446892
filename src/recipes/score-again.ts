import { checkGenome, maximalGenome, type Genome } from '../search/space.ts';
import type { ScoredGenome } from '../session/reproduction.ts';
import type { RunContext } from './run-context.ts';
import { scoreGenome, searchScorer } from './stages/score.ts';
import { subNetworkModel, type Trained } from './trained.ts';

/** Sub-networks on the validation split, one after the other. */
export async function scoreAgain(
  run: Pick<RunContext, 'recipe' | 'control' | 'model' | 'data'>,
  trained: Trained,
  genomes: readonly Genome[],
  onProgress: (done: number, total: number) => void,
): Promise<ScoredGenome[]> {
  const { model } = run;
  const { space } = trained.elastic;
  for (const genome of genomes) checkGenome(space, genome);
  const network = subNetworkModel(model, trained, maximalGenome(space));
  const scorer = await searchScorer(run, network, trained.elastic);
  try {
    const scored: ScoredGenome[] = [];
    for (const genome of genomes) {
      onProgress(scored.length, genomes.length);
      scored.push({ genome, ...(await scoreGenome(run, scorer, trained.elastic, genome)) });
    }
    onProgress(scored.length, genomes.length);
    return scored;
  } finally {
    scorer.dispose();
  }
}
