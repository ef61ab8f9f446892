/** A sub-network and what it scored. */
export interface ScoredGenome {
  genome: readonly number[];
  /** Multiply–accumulates a token. */
  macs: number;
  /** As in the session's log: accuracy, or 1/perplexity. */
  score: number;
}
