/**
 * Beam search over a generator's sequences, one beam each: several half-written answers are kept, and the one of the
 * highest log-likelihood a token is given. As transformers' `generate(num_beams=n)` with its defaults (length penalty 1,
 * no early stopping), which LoNAS was published with. Source: `BeamSearchScorer` in transformers `beam_search.py`.
 */
import { assert } from '../lib/assert.ts';
import type { Stopping } from './generate-batch.ts';
import type { Generator } from './generate.ts';

interface Beam {
  readonly tokens: readonly number[];
  /** Sum of log-probabilities. */
  readonly score: number;
  /** The sequence whose cache it continues. */
  readonly from: number;
}

interface Candidate {
  readonly token: number;
  readonly score: number;
  readonly from: number;
}

/** The best answer to a prompt. Finished answers do not hold their end token, but it counts in their length. */
export async function beamSearch(
  generator: Generator,
  prompt: readonly number[],
  { maxTokens, endIds }: Stopping,
): Promise<number[]> {
  const { sequences: width, capacity } = generator;
  await generator.read(Array.from({ length: width }, () => prompt));
  // All begin alike; only the first counts, or they would stay alike.
  let beams: Beam[] = [{ tokens: [], score: 0, from: 0 }];
  const finished = new Finished(width);
  const most = Math.min(maxTokens, capacity - prompt.length);
  for (let length = 1; length <= most; length++) {
    const feeds = beams.map(({ tokens }) => ({
      token: tokens.at(-1) ?? prompt.at(-1)!,
      position: prompt.length + tokens.length - 1,
    }));
    // Every sequence is fed, so that the first step writes the same into each.
    const logits = await generator.next(Array.from({ length: width }, (_, s) => feeds[s] ?? feeds[0]!));
    // One of each beam at least is no end token.
    const candidates = bestOf(beams, logits, Math.max(2, 1 + endIds.size) * width);
    const next: Beam[] = [];
    candidates.forEach(({ token, score, from }, rank) => {
      const { tokens } = beams[from]!;
      if (!endIds.has(token)) {
        if (next.length < width) next.push({ tokens: [...tokens, token], score, from });
      } else if (rank < width) finished.add(tokens, score, length);
    });
    assert(next.length > 0, 'a beam goes on');
    if (finished.isComplete(candidates[0]!.score, length)) return finished.best();
    await generator.rearrange(Array.from({ length: width }, (_, s) => (next[s] ?? next[0]!).from));
    beams = next;
  }
  for (const { tokens, score } of beams) finished.add(tokens, score, Math.max(1, tokens.length));
  return finished.best();
}

/** The best answers so far, as many as there are beams, by log-likelihood a token. */
class Finished {
  readonly #width: number;
  #answers: { tokens: readonly number[]; score: number }[] = [];

  constructor(width: number) {
    this.#width = width;
  }

  add(tokens: readonly number[], sum: number, length: number): void {
    this.#answers = [...this.#answers, { tokens, score: sum / length }]
      .toSorted((a, b) => b.score - a.score)
      .slice(0, this.#width);
  }

  /** Nothing that goes on can become better than the worst of them. */
  isComplete(bestSum: number, length: number): boolean {
    const worst = this.#answers.at(-1);
    return worst !== undefined && this.#answers.length === this.#width && worst.score >= bestSum / length;
  }

  best(): number[] {
    return [...(this.#answers[0]?.tokens ?? [])];
  }
}

/** The likeliest continuations of all beams together, the best first. */
function bestOf(beams: readonly Beam[], logits: readonly Float32Array[], count: number): Candidate[] {
  const found: Candidate[] = [];
  beams.forEach(({ score }, from) => {
    const values = logits[from]!;
    const total = logSum(values);
    values.forEach((value, token) => {
      const sum = score + value - total;
      const last = found.at(-1);
      if (found.length === count && !(last && sum > last.score)) return;
      let at = found.length;
      while (at > 0 && found[at - 1]!.score < sum) at--;
      found.splice(at, 0, { token, score: sum, from });
      if (found.length > count) found.pop();
    });
  });
  return found;
}

function logSum(values: Float32Array): number {
  let most = -Infinity;
  for (const value of values) most = Math.max(most, value);
  let sum = 0;
  for (const value of values) sum += Math.exp(value - most);
  return most + Math.log(sum);
}
