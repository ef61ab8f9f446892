import { geneGrid } from '../../session/genes.ts';
import type { Group } from '../../session/view.ts';

const titles: Partial<Record<Group['kind'], string>> = { width: 'FFN widths', heads: 'Numbers of heads' };

/**
 * What an export will pad, said before it is made: stock loaders know one width and one number of heads for all layers.
 * null where the kept layers are alike.
 */
export function paddingText(groups: readonly Group[], genome: readonly number[]): string | null {
  const rows = geneGrid(groups, genome);
  const blocks = rows.find(({ kind }) => kind === 'block');
  const isKept = (layer: number) => blocks?.cells[layer]?.value !== 0;
  const uneven = rows.flatMap(({ kind, cells }) => {
    const title = titles[kind];
    const sizes = cells.filter((cell, layer) => cell !== null && isKept(layer));
    return title && new Set(sizes.map((cell) => cell!.value)).size > 1 ? [title] : [];
  });
  if (uneven.length === 0) return null;
  return `${[...new Set(uneven)].join(' and ').replace(' and Numbers', ' and numbers')} differ by layer: the file pads them with zeros to the largest.`;
}
