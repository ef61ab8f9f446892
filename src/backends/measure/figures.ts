/** Repeated measurements of one thing. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** What one run of a kernel computes and moves: a point of the roofline picture. */
export interface KernelWork {
  readonly milliseconds: number;
  /** Multiply–accumulates × 2; null where the kernel is not arithmetic. */
  readonly flop: number | null;
  /** Every operand once: the least that must be moved. */
  readonly bytes: number;
}

/** A value that was measured. */
export interface Figure {
  /** Figures with the same group stand under one heading, in the order in which they come. */
  readonly group?: string;
  readonly label: string;
  readonly value: Spread;
  /** '×' for ratios of paired runs, '%' for shares. */
  readonly unit: string;
  readonly note?: string;
  readonly kernel?: KernelWork;
}

export interface MeasureOptions {
  /** Measurements of each thing. */
  readonly rounds: number;
  /** Use timestamp queries where the device has them. */
  readonly timestamps: boolean;
  /** Called between rounds; may wait, or throw to stop. */
  readonly pause?: () => Promise<void>;
  /** Seconds after which a measurement that has its least rounds takes no more. */
  readonly patience?: number;
}
