/** In which order examples are scored where scoring may stop early. */

/** Parts that a set is scored in; after each it is asked whether to go on. */
const parts = 10;
const fewest = 8;

export const portionSize = (examples: number): number => Math.max(fewest, Math.ceil(examples / parts));

/**
 * Every example once, in portions of about the same size. Those of a portion have the same kind (run in the same shape);
 * the hardest portions come first, since wrong answers are what ends a hopeless sub-network.
 *
 * @param kinds a number for each example
 * @param hardness a number for each example, the hardest highest; equal ones stay in order
 */
export function portionsOf(kinds: readonly number[], hardness: readonly number[]): number[][] {
  const size = portionSize(kinds.length);
  const portions = [...new Set(kinds)].flatMap((kind) => {
    const own = [...kinds.keys()].filter((example) => kinds[example] === kind);
    return cut(
      own.toSorted((a, b) => hardness[b]! - hardness[a]!),
      Math.ceil(own.length / size),
    );
  });
  const mean = (portion: readonly number[]) =>
    portion.reduce((sum, example) => sum + hardness[example]!, 0) / portion.length;
  return portions.toSorted((a, b) => mean(b) - mean(a));
}

function cut<T>(items: readonly T[], count: number): T[][] {
  const at = (part: number) => Math.round((part * items.length) / count);
  return Array.from({ length: count }, (_, part) => items.slice(at(part), at(part + 1)));
}
