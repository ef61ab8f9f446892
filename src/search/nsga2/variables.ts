/** The box that an optimiser moves in. Genomes are integers; the published test functions are real. */
import type { Random } from '../../lib/random.ts';
import { type Genome, type SearchSpace, genomeKey } from '../space.ts';

export interface Variables {
  /** Inclusive bounds of each variable. */
  readonly lower: readonly number[];
  readonly upper: readonly number[];
  readonly integer: boolean;
}

export function variablesOf({ groups }: SearchSpace): Variables {
  return { lower: groups.map(() => 0), upper: groups.map((g) => g.choices.length - 1), integer: true };
}

/** Uniform over the box. */
export function sampleUniform({ lower, upper, integer }: Variables, random: Random): number[] {
  return lower.map((low, i) => {
    const span = (upper[i] as number) - low;
    return integer ? low + random.integer(span + 1) : low + span * random.next();
  });
}

/** Brings a value back into the box, and onto the integers where the variables are such (pymoo's rounding repair). */
export function repair(value: number, index: number, { lower, upper, integer }: Variables): number {
  const inside = Math.min(Math.max(value, lower[index] as number), upper[index] as number);
  return integer ? Math.round(inside) : inside;
}

/** Up to this many points, what is left of a space is listed rather than guessed. */
const enumerable = 20_000;
const guesses = 100;

/** A uniform point that `seen` does not know, or null if there is none (or none could be found among very many). */
export function sampleUnseen(
  variables: Variables,
  random: Random,
  seen: (key: string) => boolean,
): number[] | null {
  for (let i = 0; i < guesses; i++) {
    const point = sampleUniform(variables, random);
    if (!seen(genomeKey(point))) return point;
  }
  const rest = enumerate(variables).filter((point) => !seen(genomeKey(point)));
  return rest.length > 0 ? (rest[random.integer(rest.length)] as number[]) : null;
}

/** All points of a small integer box; none of a large or a real one. */
function enumerate({ lower, upper, integer }: Variables): number[][] {
  const sizes = lower.map((low, i) => (upper[i] as number) - low + 1);
  if (!integer || sizes.reduce((product, size) => product * size, 1) > enumerable) return [];
  return lower.reduce<Genome[]>(
    (points, low, i) =>
      points.flatMap((p) => Array.from({ length: sizes[i] as number }, (_, k) => [...p, low + k])),
    [[]],
  ) as number[][];
}
