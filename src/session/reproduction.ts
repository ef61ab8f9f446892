import type { DeviceInfo } from './events.ts';
import { integer, percent } from './format.ts';
import { isCandidate, sameGenome } from './view.ts';
import type { Point, SessionView } from './view.ts';

/** A sub-network and what it scored. */
export interface ScoredGenome {
  /** Empty for plain LoRA, which has no genes. */
  genome: readonly number[];
  /** Multiply–accumulates a token. */
  macs: number;
  /** As in the session's log: accuracy, or 1/perplexity. */
  score: number;
}

/** `retrained`: the recipe was run again. `scored again`: the adapters are the session's own. */
export type ReproductionKind = 'retrained' | 'scored again';

export interface ReproductionFacts {
  readonly kind: ReproductionKind;
  /** `isSameDevice` of the session's device and this one. */
  readonly sameDevice: boolean;
}

/** By how much a score may differ where the bits need not be equal. MACs may never. */
export interface Tolerance {
  /** `examples`: of the validation split. `share`: of the perplexity. `bits`: scores must be equal. */
  readonly unit: 'bits' | 'examples' | 'share';
  /** No row is allowed more than this; 0 for `bits`. */
  readonly most: number;
  readonly text: string;
}

export interface ReproductionRow {
  readonly genome: readonly number[];
  readonly shared: { readonly macs: number; readonly score: number };
  /** null: it was not scored here. */
  readonly here: { readonly macs: number; readonly score: number } | null;
  /** MACs and score, bit for bit. */
  readonly equal: boolean;
  readonly within: boolean;
}

export interface Reproduction {
  /** Every row is within the tolerance, and there is at least one. */
  readonly matches: boolean;
  /** Whether bits have to be equal. */
  readonly exact: boolean;
  readonly tolerance: Tolerance;
  /** The session's front and its chosen sub-network, by ascending MACs. */
  readonly rows: readonly ReproductionRow[];
}

/** The same backend, adapter and kernels give the same bits. */
export const isSameDevice = (a: DeviceInfo, b: DeviceInfo): boolean =>
  a.backend === b.backend && a.adapter === b.adapter && a.kernels === b.kernels;

/** Compares the front of a session with what its sub-networks score here. Why these tolerances: decision 17. */
export function reproductionOf(
  shared: SessionView,
  here: readonly ScoredGenome[],
  facts: ReproductionFacts,
): Reproduction {
  const exact = facts.sameDevice && promisesBits(shared, facts.kind);
  const compare = comparer(shared, facts.kind, exact);
  const rows = expectedOf(shared).map(({ genome, macs, score }): ReproductionRow => {
    const found = here.find((each) => sameGenome(each.genome, genome)) ?? null;
    const sameMacs = found?.macs === macs;
    return {
      genome,
      shared: { macs, score },
      here: found && { macs: found.macs, score: found.score },
      equal: sameMacs && found.score === score,
      within: sameMacs && compare.isWithin(score, found.score),
    };
  });
  const matches = rows.length > 0 && rows.every(({ within }) => within);
  return { matches, exact, tolerance: compare.tolerance, rows };
}

/**
 * The sub-networks that a reproduction has to score: the front and the chosen one, each once, by ascending MACs. A score
 * that was left unfinished says only what could have been reached, so nothing is compared with it.
 */
export function expectedOf({ front, points, chosen }: SessionView): ScoredGenome[] {
  const chosenPoint = points[chosen?.index ?? -1];
  const distinct = new Map<string, ScoredGenome>();
  for (const { genome, macs, score } of [...front, ...(chosenPoint ? [chosenPoint] : [])].filter(isWhole)) {
    const key = (genome ?? []).join();
    if (!distinct.has(key)) distinct.set(key, { genome: genome ?? [], macs, score });
  }
  return [...distinct.values()].toSorted((a, b) => a.macs - b.macs);
}

/** What a session has measured, to the end. */
export const scoredOf = ({ points, groups }: SessionView): ScoredGenome[] =>
  points
    .filter((point) => isWhole(point) && isCandidate(point, groups))
    .map(({ genome, macs, score }) => ({ genome: genome ?? [], macs, score }));

/** What a reproduction of a session has to score beside what was scored on the way. */
export const missingFrom = (scored: readonly ScoredGenome[], shared: SessionView): ScoredGenome[] =>
  expectedOf(shared).filter(({ genome }) => !scored.some((each) => sameGenome(each.genome, genome)));

const isWhole = ({ unfinished }: Point): boolean => unfinished === null;

/**
 * A session that changed its device on the way was not scored by one; one that went on inexactly (other sums after a memory
 * error) cannot be trained again to the bit, but its adapters can still be scored.
 */
function promisesBits({ device, recoveries }: SessionView, kind: ReproductionKind): boolean {
  return recoveries.every(
    (recovery) =>
      device !== null && isSameDevice(device, recovery.device) && (recovery.exact || kind === 'scored again'),
  );
}

/** Examples whose answer flips by rounding, and no less however few examples there are. */
const leastExamples = 2;
const rescored = { examples: 0.01, perplexity: 0.001 };
const retrained = { standardErrors: 2, perplexity: 0.02 };

interface Comparer {
  readonly tolerance: Tolerance;
  /** Of the session's score and the one here. */
  readonly isWithin: (shared: number, here: number) => boolean;
}

function comparer({ metric, data }: SessionView, kind: ReproductionKind, exact: boolean): Comparer {
  if (exact) {
    const text = 'The same adapter and kernels: scores must be equal, bit for bit.';
    return { tolerance: { unit: 'bits', most: 0, text }, isWithin: (shared, here) => shared === here };
  }
  return metric === 'accuracy' ? byExamples(data?.validation ?? 0, kind) : byPerplexity(kind);
}

function byExamples(examples: number, kind: ReproductionKind): Comparer {
  const allowed = (shared: number, here: number) =>
    kind === 'retrained'
      ? Math.max(leastExamples, Math.ceil(standardErrorOfDifference((shared + here) / 2, examples)))
      : Math.max(leastExamples, Math.ceil(rescored.examples * examples));
  const most = allowed(0.5, 0.5);
  const split = `of ${integer(examples)} validation examples`;
  const text =
    kind === 'retrained'
      ? `Another adapter or other kernels: accuracy within ${retrained.standardErrors} standard errors of a difference, at least ${leastExamples} and at most ${most} ${split}.`
      : `Another adapter or other kernels: the same weights may answer ${most} ${split} differently.`;
  // Scores are whole numbers of examples; rounding takes back what division by their number added.
  const apart = (shared: number, here: number) => Math.round(Math.abs(shared - here) * examples);
  return {
    tolerance: { unit: 'examples', most, text },
    isWithin: (shared, here) => apart(shared, here) <= allowed(shared, here),
  };
}

/** Of two accuracies around `share`, each on so many examples; `standardErrors` of them, in examples. */
const standardErrorOfDifference = (share: number, examples: number): number =>
  retrained.standardErrors * Math.sqrt(2 * share * (1 - share) * examples);

function byPerplexity(kind: ReproductionKind): Comparer {
  const most = kind === 'retrained' ? retrained.perplexity : rescored.perplexity;
  const text = `Another adapter or other kernels: perplexity within ${percent(most)}.`;
  // Scores are 1/perplexity, whose ratio is the same.
  return {
    tolerance: { unit: 'share', most, text },
    isWithin: (shared, here) => Math.abs(shared - here) <= most * shared,
  };
}
