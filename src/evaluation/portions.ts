/** In which order examples are scored where scoring may stop early. */

/** Parts that a set is scored in, about; after each it is asked whether to go on. */
const parts = 10;
/** Examples of a portion, at least: each ends with a read-back. */
const fewest = 8;

export const portionSize = (examples: number): number => Math.max(fewest, Math.ceil(examples / parts));

/**
 * Every example once, in order, in portions of about the same size. Those of a portion have the same kind: they run in
 * the same shape.
 *
 * @param kinds a number for each example
 */
export function portionsOf(kinds: readonly number[]): number[][] {
  const size = portionSize(kinds.length);
  return [...new Set(kinds)].flatMap((kind) => {
    const own = [...kinds.keys()].filter((example) => kinds[example] === kind);
    return Array.from({ length: Math.ceil(own.length / size) }, (_, i) =>
      own.slice(i * size, (i + 1) * size),
    );
  });
}
