/** What sections measure and the host prints, writes and puts into the document: types only, shared by both. */

/** Repeated measurements of one thing. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** A value that is wanted, and whether it is the least or the most that will do. */
export interface Target {
  readonly sense: 'at least' | 'at most';
  readonly value: number;
}

/** What one run of a kernel computes and moves: a point of the roofline picture. */
export interface KernelWork {
  readonly milliseconds: number;
  /** Multiply–accumulates × 2; null where the kernel is not arithmetic. */
  readonly flop: number | null;
  /** Every operand once: the least that must be moved. */
  readonly bytes: number;
}

/** One figure. */
export interface Row {
  /** Rows with the same group stand under one heading, in the order in which they come. */
  readonly group?: string;
  readonly label: string;
  readonly value: Spread;
  /** '×' for ratios of paired runs, '%' for shares. */
  readonly unit: string;
  readonly target?: Target;
  readonly note?: string;
  readonly kernel?: KernelWork;
}

/** What the host asks of every section. */
export interface MeasureOptions {
  /** Measurements of each thing. */
  readonly rounds: number;
  /** Use timestamp queries where the device has them. */
  readonly timestamps: boolean;
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
