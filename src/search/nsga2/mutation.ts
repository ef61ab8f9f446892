import type { Random } from '../../lib/random.ts';
import { type Variables, repair } from './variables.ts';

export interface MutationSettings {
  /** Probability that a child is mutated at all. */
  readonly perChild: number;
  /** Probability of each variable of a mutated child; null: min(½, 1/n). */
  readonly perVariable: number | null;
  /** Distribution index η of the polynomial. */
  readonly eta: number;
}

/**
 * A mutated copy of a child. Integers are rounded, so a gene of few choices mostly rounds back: the rates below are those
 * of attempts. (Moving to another choice for certain was tried on the reference problem and is no better.)
 */
export function mutate(
  child: readonly number[],
  variables: Variables,
  settings: MutationSettings,
  random: Random,
): number[] {
  if (random.next() > settings.perChild) return [...child];
  const perVariable = settings.perVariable ?? Math.min(0.5, 1 / child.length);
  return child.map((value, i) => {
    const span = (variables.upper[i] as number) - (variables.lower[i] as number);
    if (span === 0 || random.next() >= perVariable) return value;
    return polynomialValue(value, i, variables, settings.eta, random.next());
  });
}

/** Polynomial mutation (Deb & Goyal 1996, bounded variant as in NSGA-II's code and pymoo 0.6.2's `mut_pm`). */
function polynomialValue(
  value: number,
  index: number,
  variables: Variables,
  eta: number,
  uniform: number,
): number {
  const low = variables.lower[index] as number;
  const span = (variables.upper[index] as number) - low;
  const position = (value - low) / span;
  const step =
    uniform <= 0.5
      ? (2 * uniform + (1 - 2 * uniform) * (1 - position) ** (eta + 1)) ** (1 / (eta + 1)) - 1
      : 1 - (2 * (1 - uniform) + (2 * uniform - 1) * position ** (eta + 1)) ** (1 / (eta + 1));
  return repair(value + step * span, index, variables);
}
