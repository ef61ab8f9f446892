/** What the pages measure and the host prints: types only, shared by both. */

/** Repeated measurements of one thing. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export interface Rate {
  readonly label: string;
  /** GFLOP/s or GB/s. */
  readonly rate: Spread;
}

/** What the adapter itself can do; the shares of the kernels are shares of the best of these. */
export interface Ceilings {
  readonly arithmetic: readonly Rate[];
  readonly copy: readonly Rate[];
  /** Microseconds of an empty dispatch in a pass, and milliseconds of a submit that is waited for. */
  readonly dispatch: Spread;
  readonly submit: Spread;
}

/** All dispatches of one label in a step. */
export interface KernelTime {
  readonly label: string;
  readonly dispatches: number;
  /** Milliseconds a step, of all of them together. */
  readonly milliseconds: Spread;
  /** Multiply–accumulates × 2 a step, where the kernel is arithmetic; else null. */
  readonly flop: number | null;
  /** Every bound tensor once, a step. */
  readonly bytes: number;
}

export interface StepTimes {
  readonly name: string;
  readonly method: 'timestamps' | 'repeated dispatches';
  readonly tokens: number;
  readonly dispatches: number;
  /** Milliseconds of run() + idle(), and of the dispatches of a step. */
  readonly wall: Spread;
  readonly kernels: Spread;
  /** Share of the wall time that is in no dispatch, round by round; below zero where timing them apart costs more. */
  readonly outside: Spread;
  readonly byKernel: readonly KernelTime[];
}

export interface Compile {
  readonly label: string;
  readonly milliseconds: number;
}

export interface Throughput {
  readonly label: string;
  readonly unit: string;
  readonly rate: Spread;
}

export interface Subject {
  readonly name: string;
  readonly description: string;
  /** Empty where the pipelines were compiled before, for another subject. */
  readonly compile: readonly Compile[];
  readonly throughput: readonly Throughput[];
  readonly steps: readonly StepTimes[];
}

/** [rows, inner, columns] of Y = X·W. */
export type MatmulShape = readonly [rows: number, inner: number, columns: number];

export interface PeerTime {
  readonly name: string;
  readonly gflops: Spread;
  /** Our rate over theirs, round by round. */
  readonly ratio: Spread;
  /** Largest |difference| from our result, over its root mean square. */
  readonly difference: number;
}

export interface Matmul {
  readonly shape: MatmulShape;
  readonly ours: Spread;
  readonly peers: readonly PeerTime[];
}

/** The same matmul with its weight in several dtypes. */
export interface WeightTimes {
  readonly shape: MatmulShape;
  readonly weights: readonly {
    readonly label: string;
    /** Of the weight on the device, a grid included. */
    readonly bytes: number;
    readonly gflops: Spread;
    /** Over f16, round by round. */
    readonly ratio: Spread;
  }[];
}

export interface Demo {
  /** Seconds from pressing Run; null where it did not happen. */
  readonly firstPoint: number | null;
  readonly finalFront: number | null;
  readonly finished: number | null;
  readonly points: number;
  readonly status: string;
  readonly stages: readonly { readonly stage: string; readonly seconds: number }[];
  /** Longest task of the main thread, and all above 50 ms together, in milliseconds. */
  readonly longestTask: number;
  readonly blocked: number;
}

export interface PageOptions {
  readonly rounds: number;
  readonly timestamps: boolean;
}

export interface Facts {
  readonly adapter: string;
  readonly features: readonly string[];
  readonly userAgent: string;
}

export interface BenchPage {
  readonly facts: Facts;
  ceilings(options: PageOptions): Promise<Ceilings>;
  demo(options: PageOptions): Promise<Subject>;
  stories(options: PageOptions): Promise<Subject>;
  int4(options: PageOptions): Promise<WeightTimes[]>;
}

export interface PeersPage {
  /** Why a peer is not compared with. */
  readonly missing: readonly string[];
  matmul(shape: MatmulShape, rounds: number): Promise<Matmul>;
}

declare global {
  interface Window {
    bench: Promise<BenchPage>;
    peers: Promise<PeersPage>;
  }
}
