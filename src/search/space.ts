import { PareError, assert } from '../lib/assert.ts';
import type { Random } from '../lib/random.ts';
import type { SubNetwork } from '../models/structure.ts';

/** Modules that share one choice: an adapter rank, or the FFN width of a block. */
export interface Group {
  readonly id: string;
  readonly kind: 'rank' | 'width';
  /** Block index; the first one where a group spans all blocks. */
  readonly layer: number;
  /** Module names. For a width: the gate and up modules whose rows are cut; `down` follows. */
  readonly members: readonly string[];
  /** Ranks or widths, strictly descending. */
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

/** log10 of the number of genomes. */
export const spaceSizeLog10 = (space: SearchSpace): number =>
  space.groups.reduce((sum, g) => sum + Math.log10(g.choices.length), 0);

/** The chosen rank or width of each group, in the order of the genes. */
export function activeSizes(space: SearchSpace, genome: Genome): number[] {
  checkGenome(space, genome);
  return space.groups.map((g, i) => g.choices[genome[i] as number] as number);
}

/** The genome as ranks and widths of modules, the fixed groups included. */
export function subNetworkOf({ space, fixed }: ElasticSpace, genome: Genome): SubNetwork {
  const sizes = activeSizes(space, genome);
  const result = { rank: {} as Record<string, number>, width: {} as Record<string, number> };
  space.groups.forEach((g, i) => {
    for (const member of g.members) result[g.kind][member] = sizes[i] as number;
  });
  for (const g of fixed) for (const member of g.members) result[g.kind][member] = g.choices[0] as number;
  return { ranks: result.rank, widths: result.width };
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
    const descending = choices.every((c, i) => c > 0 && (i === 0 || c < (choices[i - 1] as number)));
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
