/** What NSGA-II has to beat on the same budget: chance, and a hill climb from the heuristic. */
import type { Random } from '../lib/random.ts';
import type { Scored, Strategy } from './batchSearch.ts';
import { type Variables, sampleUnseen } from './nsga2/variables.ts';
import type { Evaluation, RankedEvaluation } from './searcher.ts';
import { type Genome, genomeKey } from './space.ts';

/** Uniform genomes, none twice. */
export class RandomSearch implements Strategy {
  readonly kind = 'random';
  members: readonly RankedEvaluation[] = [];
  readonly #variables: Variables;
  readonly #batchSize: number;

  constructor(variables: Variables, batchSize: number) {
    this.#variables = variables;
    this.#batchSize = batchSize;
  }

  propose(room: number, scored: Scored, random: Random): Genome[] {
    const batch = new Map<string, Genome>();
    while (batch.size < Math.min(room, this.#batchSize)) {
      const genome = sampleUnseen(this.#variables, random, (key) => scored.has(key) || batch.has(key));
      if (!genome) break;
      batch.set(genomeKey(genome), genome);
    }
    return [...batch.values()];
  }

  absorb(): void {}
}

/**
 * The hill climb of the Shears paper: from the heuristic genome, score some neighbours (one gene, one choice up or down)
 * and move to the best one if it is better: feasible or nearer to it, then more accurate, then at fewer MACs. Where no unseen neighbour is
 * left, it starts again from an unseen random genome, so that the whole budget is used.
 */
export class HillClimb implements Strategy {
  readonly kind = 'hill-climb';
  /** Where the climb stands; empty before a (new) start. */
  members: readonly RankedEvaluation[] = [];
  readonly #variables: Variables;
  readonly #start: Genome;
  readonly #batchSize: number;

  constructor(variables: Variables, start: Genome, batchSize: number) {
    this.#variables = variables;
    this.#start = start;
    this.#batchSize = batchSize;
  }

  propose(room: number, scored: Scored, random: Random): Genome[] {
    if (scored.size === 0) return [this.#start];
    const position = this.members[0];
    const unseen = position ? neighbours(position.genome, this.#variables) : [];
    const candidates = unseen.filter((genome) => !scored.has(genomeKey(genome)));
    if (candidates.length > 0) return random.shuffle(candidates).slice(0, Math.min(room, this.#batchSize));
    this.members = [];
    const restart = sampleUnseen(this.#variables, random, (key) => scored.has(key));
    return restart ? [restart] : [];
  }

  absorb(batch: readonly Evaluation[]): void {
    for (const { genome, objectives, violation = 0 } of batch) {
      const candidate = { genome, objectives, violation, rank: 0, crowding: null };
      const position = this.members[0];
      if (!position || isHigher(candidate, position)) this.members = [candidate];
    }
  }
}

/** All genomes that differ by one step of one gene. */
function neighbours(genome: Genome, { lower, upper }: Variables): number[][] {
  return genome.flatMap((gene, i) =>
    [gene - 1, gene + 1]
      .filter((value) => value >= (lower[i] as number) && value <= (upper[i] as number))
      .map((value) => genome.with(i, value)),
  );
}

/** Feasibility first, then −accuracy, MACs, and what other objectives there are. */
function isHigher(a: Evaluation, b: Evaluation): boolean {
  const keysB = climbKeys(b);
  for (const [i, x] of climbKeys(a).entries()) {
    const y = keysB[i] as number;
    if (x !== y) return x < y;
  }
  return false;
}

const climbKeys = ({ violation = 0, objectives }: Evaluation): number[] => [
  violation,
  objectives[1] as number,
  objectives[0] as number,
  ...objectives.slice(2),
];
