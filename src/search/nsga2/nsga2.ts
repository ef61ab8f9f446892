/** NSGA-II (Deb, Pratap, Agarwal & Meyarivan 2002) as a strategy: sample, then mate and survive, again and again. */
import type { Random } from '../../lib/random.ts';
import type { Scored, Strategy } from '../batchSearch.ts';
import type { Evaluation, RankedEvaluation } from '../searcher.ts';
import { type Genome, genomeKey } from '../space.ts';
import { mate } from './mating.ts';
import type { Nsga2Settings } from './settings.ts';
import { survive } from './survival.ts';
import { type Variables, sampleUniform, sampleUnseen } from './variables.ts';

export class Nsga2 implements Strategy {
  readonly kind = 'nsga2';
  /** The population; empty before the first batch. */
  members: readonly RankedEvaluation[] = [];
  readonly #variables: Variables;
  readonly #settings: Nsga2Settings;
  readonly #seeds: readonly Genome[];

  /** `seeds`: genomes that the first population starts with, most important first. */
  constructor(variables: Variables, settings: Nsga2Settings, seeds: readonly Genome[] = []) {
    this.#variables = variables;
    this.#settings = settings;
    this.#seeds = seeds;
  }

  propose(room: number, scored: Scored, random: Random): Genome[] {
    const count = Math.min(room, this.#settings.population);
    return this.members.length === 0 ? this.#first(count, random) : this.#children(count, scored, random);
  }

  absorb(batch: readonly Evaluation[], _scored: Scored, random: Random): void {
    this.members = survive([...this.members, ...batch], this.#settings.population, random);
  }

  /** The seeds, then uniform genomes, without duplicates unless they are kept. */
  #first(count: number, random: Random): Genome[] {
    if (this.#settings.duplicates === 'keep') {
      return Array.from({ length: count }, () => sampleUniform(this.#variables, random));
    }
    const batch = new Map(this.#seeds.map((seed) => [genomeKey(seed), seed]));
    while (batch.size < count) {
      const genome = sampleUnseen(this.#variables, random, (key) => batch.has(key));
      if (!genome) break;
      batch.set(genomeKey(genome), genome);
    }
    return [...batch.values()].slice(0, count);
  }

  #children(count: number, scored: Scored, random: Random): Genome[] {
    const { duplicates } = this.#settings;
    const population = new Set(this.members.map((member) => genomeKey(member.genome)));
    const everything = duplicates === 'everything';
    const known = (key: string): boolean => (everything ? scored.has(key) : population.has(key));
    const isDuplicate = duplicates === 'keep' ? null : known;
    const children = mate(this.members, count, this.#variables, this.#settings, isDuplicate, random);
    return everything ? topUp(children, count, this.#variables, scored, random) : children;
  }
}

/** Fills a batch with unseen uniform genomes where mating finds no new ones any more (small or nearly exhausted spaces). */
function topUp(
  batch: readonly number[][],
  count: number,
  variables: Variables,
  scored: Scored,
  random: Random,
): Genome[] {
  const keys = new Set(batch.map(genomeKey));
  const result: Genome[] = [...batch];
  while (result.length < count) {
    const genome = sampleUnseen(variables, random, (key) => scored.has(key) || keys.has(key));
    if (!genome) break;
    keys.add(genomeKey(genome));
    result.push(genome);
  }
  return result;
}
