import { groupImportance, isNoise } from '../../search/importance.ts';
import type { GroupImportance } from '../../search/importance.ts';
import { isActive } from '../../session/view.ts';
import type { Group, SessionView } from '../../session/view.ts';

export interface ImportanceCell extends GroupImportance {
  /** `rank q+k+v`, `width`, `heads`, `block`. */
  gene: string;
  /** It cannot be told from nothing. */
  noise: boolean;
  /** −1 to 1: of the largest importance that is no noise; negative where keeping more lowers the score. */
  strength: number;
}

export interface ImportanceGrid {
  /** Kinds of genes, in the order of the genome. */
  genes: readonly string[];
  /** One a layer, one cell a kind; null where the layer has no such gene. */
  rows: readonly { layer: number; cells: readonly (ImportanceCell | null)[] }[];
}

/** Fewer sub-networks say nothing about any gene. */
const fewest = 8;
/** Computed again when there is about a tenth more to go by: a search may score hundreds a second. */
const stepAt = (count: number): number => Math.max(4, 2 ** Math.floor(Math.log2(count / 8)));

const known = new WeakMap<SessionView['groups'], { count: number; genes: GroupImportance[] }>();

/** Importance from what is scored so far; null while that is too little. The same answer for the same points. */
export function importanceOf(view: SessionView): GroupImportance[] | null {
  const { groups, points } = view;
  if (groups.length === 0 || points.length < fewest) return null;
  const step = isActive(view) ? stepAt(points.length) : 1;
  const count = Math.floor(points.length / step) * step;
  const old = known.get(groups);
  if (old?.count === count) return old.genes;
  const genes = groupImportance(groups, points.slice(0, count));
  known.set(groups, { count, genes });
  return genes;
}

/** A row a layer and a column a kind of gene. */
export function importanceGrid(
  groups: readonly Group[],
  importance: readonly GroupImportance[],
): ImportanceGrid {
  const largest = Math.max(0, ...importance.map((each) => (isNoise(each) ? 0 : Math.abs(each.score))));
  const cells = importance.map((each, index): ImportanceCell => {
    const noise = isNoise(each);
    const strength = largest > 0 && !noise ? each.score / largest : 0;
    return { ...each, gene: geneName(groups[index]), noise, strength };
  });
  const genes = [...new Set(cells.map(({ gene }) => gene))];
  const layers = [...new Set(cells.map(({ layer }) => layer))].toSorted((a, b) => a - b);
  const rows = layers.map((layer) => ({
    layer,
    cells: genes.map((gene) => cells.find((cell) => cell.layer === layer && cell.gene === gene) ?? null),
  }));
  return { genes, rows };
}

/** Ranks are told apart by their modules; a layer has but one width, one set of heads, and one block. */
function geneName(group: Group | undefined): string {
  if (group?.kind !== 'rank') return group?.kind ?? '';
  const modules = group.members.map((member) => (member.split('.').at(-1) ?? member).replace(/_proj$/, ''));
  return `rank ${[...new Set(modules)].join('+')}`;
}

/** `+1.2`: points of accuracy, or of the probability of a token. */
export const pointsText = (score: number): string =>
  `${score < 0 ? '−' : '+'}${Math.abs(score * 100).toFixed(Math.abs(score) < 0.001 ? 2 : 1)}`;

/** A cell in words. */
export const cellText = ({ layer, gene, score, error, noise }: ImportanceCell): string =>
  `Layer ${layer}, ${gene}: ${pointsText(score)} ± ${(error * 200).toFixed(1)} points${noise ? ', may be noise' : ''}`;
