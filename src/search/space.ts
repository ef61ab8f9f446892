import { PareError, assert } from '../lib/assert.ts';
import type { Random } from '../lib/random.ts';
import { blockOf, isNumbered, type AttentionShape, type SubNetwork } from '../models/structure.ts';

/**
 * What shares one choice: an adapter `rank`, the FFN `width` of a block, the KV groups (`heads`) that its attention
 * keeps, or whether the `block` is there (1) or not (0).
 */
export interface Group {
  readonly id: string;
  readonly kind: 'rank' | 'width' | 'heads' | 'block';
  /** Block index; the first one where a group spans all blocks. */
  readonly layer: number;
  /**
   * Module names. For a width: the gate and up modules whose rows are cut; `down` follows. For heads: q, k and v; `o`
   * follows. For a block: its o and down modules, which are all that it adds to the residual.
   */
  readonly members: readonly string[];
  /** Ranks, widths, KV groups, or 1 and 0; strictly descending. */
  readonly choices: readonly number[];
}

/** Gene i of a genome picks `groups[i].choices[gene]`, so 0 is always the largest. */
export interface SearchSpace {
  readonly groups: readonly Group[];
}

export type Genome = readonly number[];

/** A space, and the groups that leave nothing to choose: together they cover every adapted module. */
export interface ElasticSpace {
  readonly space: SearchSpace;
  /** Of the model; absent where heads cannot be cut. */
  readonly attention?: AttentionShape;
  /** Groups with exactly one choice; they are no genes. */
  readonly fixed: readonly Group[];
}

export const maximalGenome = (space: SearchSpace): number[] => space.groups.map(() => 0);

export const minimalGenome = (space: SearchSpace): number[] => space.groups.map((g) => g.choices.length - 1);

/** The sub-network that the papers report without a search (METHODS §2): index floor((n − 1) / 2). */
export const heuristicGenome = (space: SearchSpace): number[] =>
  space.groups.map((g) => Math.floor((g.choices.length - 1) / 2));

export const randomGenome = (space: SearchSpace, random: Random): number[] =>
  space.groups.map((g) => random.integer(g.choices.length));

/** Two genomes are the same sub-network exactly when their keys are equal. */
export const genomeKey = (genome: Genome): string => genome.join(',');

/** Two genomes with equal keys are the same network: the genes of a block that is taken out mean nothing. */
export function networkKey({ space, fixed }: ElasticSpace, genome: Genome): string {
  const { removed } = subNetworkOf({ space, fixed }, genome);
  const isGone = (member: string) => isNumbered(member) && removed!.has(blockOf(member));
  return space.groups
    .map(({ kind, members }, i) => (kind !== 'block' && members.every(isGone) ? '-' : genome[i]))
    .join();
}

/** log10 of the number of genomes. */
export const spaceSizeLog10 = (space: SearchSpace): number =>
  space.groups.reduce((sum, g) => sum + Math.log10(g.choices.length), 0);

/** The chosen rank or width of each group, in the order of the genes. */
export function activeSizes(space: SearchSpace, genome: Genome): number[] {
  checkGenome(space, genome);
  return space.groups.map((g, i) => g.choices[genome[i] as number] as number);
}

/** The genome as ranks and widths of modules, heads and blocks, the fixed groups included. */
export function subNetworkOf({ space, fixed }: ElasticSpace, genome: Genome): SubNetwork {
  const sizes = [...activeSizes(space, genome), ...fixed.map(({ choices }) => choices[0] as number)];
  const ranks: Record<string, number> = {};
  const widths: Record<string, number> = {};
  const kvGroups: Record<number, number> = {};
  const removed = new Set<number>();
  for (const [index, { kind, members }] of [...space.groups, ...fixed].entries()) {
    const size = sizes[index] as number;
    for (const member of members) {
      if (kind === 'rank') ranks[member] = size;
      if (kind === 'width') widths[member] = size;
      if (kind === 'heads') kvGroups[blockOf(member)] = size;
      if (kind === 'block' && size === 0) removed.add(blockOf(member));
    }
  }
  return { ranks, widths, kvGroups, removed };
}

/** Throws an error that names the first gene that does not fit (genomes also come from links and files). */
export function checkGenome(space: SearchSpace, genome: Genome): void {
  const remedy = 'Use a genome that was scored in this search space.';
  if (genome.length !== space.groups.length) {
    const message = `This genome has ${genome.length} genes, but the search space has ${space.groups.length}.`;
    throw new PareError('genome-length', message, remedy);
  }
  space.groups.forEach((g, i) => {
    const gene = genome[i] as number;
    if (Number.isInteger(gene) && gene >= 0 && gene < g.choices.length) return;
    const message = `Gene ${i} (${g.id}) is ${gene}; it must be an integer from 0 to ${g.choices.length - 1}.`;
    throw new PareError('genome-gene', message, remedy, { gene: i, group: g.id });
  });
}

/** Programming errors in a space: unordered or empty choices, a module in two groups of one kind. */
export function checkSpace({ groups }: SearchSpace): void {
  const seen = new Set<string>();
  for (const { id, kind, choices, members } of groups) {
    assert(choices.length > 0, `group ${id} has no choices`);
    const least = kind === 'block' ? 0 : 1;
    const descending = choices.every((c, i) => c >= least && (i === 0 || c < (choices[i - 1] as number)));
    assert(
      descending,
      `the choices of ${id} must be positive and strictly descending: ${choices.join(', ')}`,
    );
    for (const name of [id, ...members.map((member) => `${kind} of ${member}`)]) {
      assert(!seen.has(name), `${name} appears twice in the search space`);
      seen.add(name);
    }
  }
}
