/**
 * The published search spaces (METHODS §3) on any model. A preset says which modules share a gene; the choices are
 * fractions of the full rank or width.
 */
import { PareError } from '../lib/assert.ts';
import { type ElasticSpace, type Group, checkSpace } from './space.ts';
import type { ModelStructure, ModuleRole } from '../models/structure.ts';

export type PresetName = 'lonas' | 'shears' | 'sqft';
/** `pare` gives every LoNAS rank the choices {1, .75, .5}, and a gene to adapters that the paper's models lack. */
export type PresetVariant = 'published' | 'pare';

type Role = Exclude<ModuleRole, 'head'>;

interface PresetRule {
  /** Roles that share one rank gene in each block, in gene order; `width` is the FFN width's place. */
  readonly genes: readonly (readonly Role[] | 'width')[];
  /** Adapted, at the full rank. */
  readonly fixed: readonly Role[];
  readonly publishedRanks: readonly number[];
}

const attention: readonly Role[] = ['q', 'k', 'v'];
const pareRanks = [1, 0.75, 0.5];
const widthFractions = [1, 0.875, 0.75, 0.625, 0.5];

/** Groups and their order as in the NNCF configurations of the LoNAS, Shears and SQFT repositories. */
const presets: Record<PresetName, PresetRule> = {
  lonas: { genes: [attention, 'width', ['gate', 'up']], fixed: ['down'], publishedRanks: [1, 0.875] },
  shears: { genes: [attention, ['up'], ['down']], fixed: [], publishedRanks: pareRanks },
  sqft: { genes: [attention], fixed: ['up', 'down'], publishedRanks: pareRanks },
};

export interface SpaceOptions {
  readonly preset: PresetName;
  readonly variant: PresetVariant;
  /** Full adapter rank r_max. */
  readonly rank: number;
  /** Roles that carry an adapter, where it is not the preset's own list. */
  readonly targets?: readonly Role[];
  /** Fractions of the full rank and FFN width, where they are not the preset's own. */
  readonly rankFractions?: readonly number[];
  readonly widthFractions?: readonly number[];
  /** One width gene for all blocks, for loaders that know only one FFN width. */
  readonly uniformWidth?: boolean;
}

/** The roles that a preset puts adapters on. */
export function presetTargets(preset: PresetName): Role[] {
  const { genes, fixed } = presets[preset];
  return [...genes.flatMap((roles) => (roles === 'width' ? [] : roles)), ...fixed];
}

/** The search space of a preset on a model. Genes run group by group over the blocks, as in the NNCF files. */
export function buildSpace(structure: ModelStructure, options: SpaceOptions): ElasticSpace {
  const rule = presets[options.preset];
  const targets = options.targets ?? presetTargets(options.preset);
  const groups = rule.genes.flatMap((roles) =>
    roles === 'width'
      ? widthGroups(structure, options)
      : rankGroups(structure, options, intersect(roles, targets), rankChoicesOf(rule, options)),
  );
  groups.push(...rankGroups(structure, options, intersect(rule.fixed, targets), [options.rank]));
  for (const role of targets.filter((target) => !presetTargets(options.preset).includes(target))) {
    const choices = options.variant === 'pare' ? rankChoicesOf(rule, options) : [options.rank];
    groups.push(...rankGroups(structure, options, [role], choices));
  }
  checkSpace({ groups });
  const space = { groups: groups.filter((g) => g.choices.length > 1) };
  return { space, fixed: groups.filter((g) => g.choices.length === 1) };
}

function rankChoicesOf(rule: PresetRule, { rank, variant, rankFractions }: SpaceOptions): number[] {
  return rankChoices(rank, rankFractions ?? (variant === 'published' ? rule.publishedRanks : pareRanks));
}

/** One group per block of the modules with these roles. */
function rankGroups(
  structure: ModelStructure,
  { rank }: SpaceOptions,
  roles: readonly Role[],
  choices: readonly number[],
): Group[] {
  if (!Number.isInteger(rank) || rank < 1) {
    throw new PareError('adapter-rank', `The adapter rank is ${rank}.`, 'Choose a rank of 1 or more.');
  }
  return blocks(structure, roles).map(([layer, members]) => {
    return { id: `${layer}.${roles.join('+')}.rank`, kind: 'rank', layer, members, choices };
  });
}

function widthGroups(structure: ModelStructure, options: SpaceOptions): Group[] {
  const choices = widthChoices(structure.intermediateSize, options.widthFractions ?? widthFractions);
  const perBlock = blocks(structure, ['gate', 'up']);
  if (options.uniformWidth && perBlock.length > 0) {
    const members = perBlock.flatMap(([, names]) => names);
    return [{ id: 'all.ffn.width', kind: 'width', layer: 0, members, choices }];
  }
  return perBlock.map(([layer, members]) => {
    return { id: `${layer}.ffn.width`, kind: 'width', layer, members, choices };
  });
}

/** [block, names of its modules with one of the roles], for blocks that have any. */
function blocks(structure: ModelStructure, roles: readonly Role[]): [number, string[]][] {
  const wanted = structure.modules.filter((m) => m.role !== 'head' && roles.includes(m.role));
  return Array.from({ length: structure.layers }, (_, layer): [number, string[]] => {
    return [layer, wanted.filter((m) => m.layer === layer).map((m) => m.name)];
  }).filter(([, names]) => names.length > 0);
}

/** Ranks as fractions of the full one: rounded, at least 1, descending, without duplicates. */
export const rankChoices = (rank: number, fractions: readonly number[]): number[] =>
  descending(fractions.map((f) => Math.max(1, Math.round(f * rank))));

/** Widths as fractions of the full one, in multiples of 8 where the full width is one (else of 4, 2, 1). */
export function widthChoices(width: number, fractions: readonly number[]): number[] {
  const unit = [8, 4, 2].find((u) => width % u === 0) ?? 1;
  return descending(fractions.map((f) => unit * Math.max(1, Math.round((f * width) / unit))));
}

const descending = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => b - a);

const intersect = (roles: readonly Role[], targets: readonly Role[]): Role[] =>
  roles.filter((role) => targets.includes(role));
