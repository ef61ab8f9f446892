import { blockOf } from '../models/structure.ts';
import type { ElasticSpace } from './space.ts';

/** First blocks that sub-networks share, and how many different beginnings of them can be among the candidates. */
export interface SharedBeginnings {
  readonly blocks: number;
  readonly beginnings: number;
}

/** Sharing costs a second program, and memory for what is shared. */
const worthwhile = 0.1;

/**
 * How many first blocks sub-networks should share in a search: as many as save most work, when each beginning (the genes of
 * these blocks) that occurs among the candidates is run once. The last block is never shared: it runs only where something
 * is predicted. 0: too little would be saved.
 *
 * @param candidates sub-networks that will be scored
 */
export function sharedBlocks({ space }: ElasticSpace, layers: number, candidates: number): SharedBeginnings {
  let best = { blocks: 0, beginnings: 0, saved: worthwhile };
  for (let blocks = 1; blocks < layers; blocks++) {
    const beginnings = space.groups
      .filter(({ members }) => members.some((member) => blockOf(member) < blocks))
      .reduce((product, { choices }) => product * choices.length, 1);
    const saved = (blocks / layers) * (1 - expectedDistinct(beginnings, candidates) / candidates);
    if (saved > best.saved) best = { blocks, beginnings: Math.min(beginnings, candidates), saved };
  }
  return { blocks: best.blocks, beginnings: best.beginnings };
}

/** Of so many kinds, those seen in so many draws. A search draws less evenly, and so fewer. */
const expectedDistinct = (kinds: number, draws: number): number =>
  -kinds * Math.expm1(draws * Math.log1p(-1 / kinds));
