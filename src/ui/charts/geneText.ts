import type { Group } from '../../session/view.ts';

/** What a gene's choice is called: a block is there or not, all else is a number. */
export const choiceText = (kind: Group['kind'], value: number): string =>
  kind === 'block' ? (value > 0 ? 'kept' : 'removed') : String(value);

/** What a sub-network gives up of whole blocks and heads, in words; empty where the search has no such genes. */
export function cutText(groups: readonly Group[], genome: readonly number[]): string[] {
  const kept = (kind: Group['kind']) => {
    let [now, full] = [0, 0];
    for (const [gene, group] of groups.entries()) {
      if (group.kind !== kind) continue;
      now += group.choices[genome[gene] ?? 0] ?? 0;
      full += Math.max(...group.choices);
    }
    return { now, full };
  };
  const [blocks, heads] = [kept('block'), kept('heads')];
  const removed = blocks.full - blocks.now;
  return [
    ...(removed > 0 ? [`${removed} ${removed === 1 ? 'block' : 'blocks'} removed`] : []),
    ...(heads.now < heads.full ? [`${heads.now} of ${heads.full} KV groups`] : []),
  ];
}
