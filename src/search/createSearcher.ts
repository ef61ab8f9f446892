import { PareError } from '../lib/assert.ts';
import { HillClimb, RandomSearch } from './baselines.ts';
import { BatchSearch, type Strategy } from './batchSearch.ts';
import { Nsga2 } from './nsga2/nsga2.ts';
import { type Nsga2Preset, type Nsga2Settings, nsga2Presets } from './nsga2/settings.ts';
import { variablesOf } from './nsga2/variables.ts';
import type { SearchKind, SearchState, Searcher } from './searcher.ts';
import { type SearchSpace, checkGenome, checkSpace } from './space.ts';
import { heuristicGenome, maximalGenome, minimalGenome } from './space.ts';

export interface SearchOptions {
  readonly seed: number;
  /** The budget: the search stops when so many genomes have been proposed. */
  readonly evaluations: number;
  /** Of NSGA-II; `pare` unless said otherwise. */
  readonly preset?: Nsga2Preset;
  /** Genomes a generation, for the baselines too; the preset's (8) unless said otherwise. */
  readonly population?: number;
  /** Single settings on top of the preset. */
  readonly nsga2?: Partial<Nsga2Settings>;
}

/**
 * A search over a space. Same kind, space, options and scores: the same genomes in the same order. With a `state` taken
 * from such a search (at any moment, in the middle of a batch too) it continues bit for bit.
 */
export function createSearcher(
  kind: SearchKind,
  space: SearchSpace,
  options: SearchOptions,
  state?: SearchState,
): Searcher {
  checkSpace(space);
  checkOptions(space, options);
  const known = [...(state?.scored ?? []), ...(state?.members ?? [])].map((e) => e.genome);
  for (const genome of [...known, ...(state?.batch ?? [])]) checkGenome(space, genome);
  const { seed, evaluations: budget } = options;
  return new BatchSearch(createStrategy(kind, space, options), { seed, budget }, state);
}

/** NSGA-II's settings: the preset, then the population size, then single overrides. */
export function nsga2SettingsOf({ preset = 'pare', population, nsga2 }: SearchOptions): Nsga2Settings {
  return { ...nsga2Presets[preset], ...(population === undefined ? {} : { population }), ...nsga2 };
}

function createStrategy(kind: SearchKind, space: SearchSpace, options: SearchOptions): Strategy {
  const variables = variablesOf(space);
  const settings = nsga2SettingsOf(options);
  if (kind === 'random') return new RandomSearch(variables, settings.population);
  if (kind === 'hill-climb') return new HillClimb(variables, heuristicGenome(space), settings.population);
  const seeds = [maximalGenome(space), heuristicGenome(space), minimalGenome(space)];
  return new Nsga2(variables, settings, settings.seeded ? seeds : []);
}

function checkOptions(space: SearchSpace, options: SearchOptions): void {
  const { population } = nsga2SettingsOf(options);
  if (space.groups.length === 0) {
    const remedy = 'Give ranks, widths or heads more than one choice, or skip the search.';
    throw new PareError('search-space-empty', 'There is nothing to search: no group has a choice.', remedy);
  }
  if (!Number.isInteger(population) || population < 2) {
    const message = `The population is ${population}; two genomes are needed to mate.`;
    throw new PareError('search-population', message, 'Choose a population of 2 or more.');
  }
  if (!Number.isInteger(options.evaluations) || options.evaluations < 1) {
    const message = `The budget is ${options.evaluations} evaluations.`;
    throw new PareError('search-budget', message, 'Choose a budget of 1 evaluation or more.');
  }
}
