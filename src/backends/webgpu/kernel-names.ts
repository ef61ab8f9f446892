import type { DeviceTraits } from '../../graph/op.ts';

type Choices = DeviceTraits['choices'];

/** The traits in words: all that the choice between variants of a kernel depends on, for the log of a session. */
export function kernelNames({ subgroup, choices }: DeviceTraits): string {
  const fixed = subgroup === null ? 'no subgroups' : `subgroups of ${subgroup}`;
  const chosen = [...choices].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [fixed, ...chosen.map(([key, name]) => `${key} = ${name}`)].join('; ');
}

/** The choices that such words name. They may come from a file: a name that no kernel has is never taken. */
export function namedChoices(kernels: string): Choices {
  const pairs = kernels.split('; ').map((part) => part.split(' = '));
  return new Map(pairs.filter((pair): pair is [string, string] => pair.length === 2));
}
