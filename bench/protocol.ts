/** What sections measure and the host prints, writes and puts into the document: types only, shared by both. */

import type { Figure, MeasureOptions } from '../src/backends/measure/figures.ts';

export type { MeasureOptions, Spread } from '../src/backends/measure/figures.ts';

/** A value that is wanted, and whether it is the least or the most that will do. */
export interface Target {
  readonly sense: 'at least' | 'at most';
  readonly value: number;
}

/** One figure, and what it should be. */
export interface Row extends Figure {
  readonly target?: Target;
}

/** A section as it was measured; `error`: why it was not. */
export interface SectionResult {
  readonly name: string;
  readonly title: string;
  readonly rows: readonly Row[];
  readonly error?: string;
  readonly seconds: number;
  /** Processes that wanted a core, averaged over a minute, before and after. */
  readonly load: readonly [before: number, after: number];
}

export interface Facts {
  readonly adapter: string;
  readonly features: readonly string[];
  readonly userAgent: string;
}

/** The whole document of one run of `npm run bench -- --json`. */
export interface Results {
  readonly date: string;
  readonly commit: string;
  readonly machine: { readonly processor: string; readonly cores: number };
  readonly adapter: AdapterName;
  readonly facts: Facts | null;
  readonly rounds: number;
  /** Of the peers, by package. */
  readonly versions: Readonly<Record<string, string>>;
  readonly sections: readonly SectionResult[];
}

export type AdapterName = 'default' | 'llvmpipe';

/** What a page offers to the host. */
export interface BenchPage {
  facts(): Promise<Facts>;
  measure(section: string, options: MeasureOptions): Promise<{ title: string; rows: readonly Row[] }>;
}

declare global {
  interface Window {
    bench: BenchPage;
  }
}
