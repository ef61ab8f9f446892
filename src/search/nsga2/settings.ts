import type { MatingSettings } from './mating.ts';

export interface Nsga2Settings extends MatingSettings {
  readonly population: number;
  /**
   * What a child must differ from: nothing; the parents' generation and its siblings (published: a genome that died out
   * may come back, costs an evaluation of the budget and is answered from the cache); everything ever scored (Pare).
   */
  readonly duplicates: 'keep' | 'population' | 'everything';
  /** Whether the maximal, heuristic and minimal genomes are in the first population. */
  readonly seeded: boolean;
}

export type Nsga2Preset = 'published' | 'pare';

/** METHODS §9. NNCF's BootstrapNAS settings, and Pare's. */
export const nsga2Presets: Readonly<Record<Nsga2Preset, Nsga2Settings>> = {
  published: {
    population: 8,
    crossover: { probability: 0.9, eta: 10 },
    mutation: { perChild: 0.02, perVariable: null, eta: 3 },
    duplicates: 'population',
    seeded: false,
  },
  pare: {
    population: 8,
    crossover: { probability: 0.9, eta: 10 },
    mutation: { perChild: 1, perVariable: null, eta: 3 },
    duplicates: 'everything',
    seeded: true,
  },
};
