import type { DeviceTraits } from '../../graph/op.ts';

type Choices = DeviceTraits['choices'];

/**
 * Of all kernels together. To be raised whenever another variant becomes the preferred one, or the order of sums in any
 * kernel changes: bits are other ones then, and logs of before must not promise them (decision 24).
 */
const revision = 2;

/** For the log of a session: the kernels' revision, and the traits that the choice between their variants depends on, in words. */
export function kernelNames({ subgroup, choices }: DeviceTraits): string {
  const fixed = subgroup === null ? 'no subgroups' : `subgroups of ${subgroup}`;
  const chosen = [...choices].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [`kernels ${revision}`, fixed, ...chosen.map(([key, name]) => `${key} = ${name}`)].join('; ');
}

/** The choices that such words name. They may come from a file: a name that no kernel has is never taken. */
export function namedChoices(kernels: string): Choices {
  const pairs = kernels.split('; ').map((part) => part.split(' = '));
  return new Map(pairs.filter((pair): pair is [string, string] => pair.length === 2));
}
