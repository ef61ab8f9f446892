import type { Group } from './view.ts';

export interface GeneCell {
  group: Group;
  value: number;
  /** Of the group's largest choice. */
  fraction: number;
}

export interface GeneRow {
  label: string;
  kind: Group['kind'];
  /** One a layer; null where this layer has no such gene. */
  cells: (GeneCell | null)[];
}

/** A real model has a handful of rows; a hostile link must not draw millions of cells. */
const mostRows = 32;

/** `model.layers.3.self_attn.q_proj` → `q`. */
const shortName = (member: string): string => (member.split('.').at(-1) ?? member).replace(/_proj$/, '');

/** `rank q k v`; heads and blocks are whole, whichever of their modules are cut. A group of all layers names each once. */
function labelOf({ kind, members }: Group): string {
  if (kind === 'heads' || kind === 'block') return kind;
  return `${kind} ${[...new Set(members.map(shortName))].join(' ')}`;
}

/** The genes of a sub-network as a grid, one row a kind of gene, one column a layer, for the picture. */
export function geneGrid(groups: readonly Group[], genome: readonly number[]): GeneRow[] {
  const layers = groups.reduce((most, group) => Math.max(most, group.layer + 1), 0);
  const rows = new Map<string, GeneRow>();
  for (const [index, group] of groups.entries()) {
    const label = labelOf(group);
    const row: GeneRow = rows.get(label) ?? { label, kind: group.kind, cells: Array(layers).fill(null) };
    const value = group.choices[genome[index] ?? 0] ?? 0;
    row.cells[group.layer] = { group, value, fraction: value / Math.max(...group.choices) };
    rows.set(label, row);
  }
  return [...rows.values()].slice(0, mostRows);
}
