/**
 * The published search spaces (METHODS §3) on any model. A preset says which modules share a gene; the choices are
 * fractions of the full rank or width.
 */
import { PareError } from '../lib/assert.ts';
import { type ElasticSpace, type Group, checkSpace } from './space.ts';
import { type AdapterRole, type ModelStructure, type ModuleRole } from '../models/structure.ts';

export type PresetName = 'lonas' | 'lonas-plus' | 'shears' | 'sqft';
/** `pare` gives every LoNAS rank the choices {1, .75, .5}, and a gene to adapters that the paper's models lack. */
export type PresetVariant = 'published' | 'pare';

type Role = Exclude<ModuleRole, 'head'>;
type Place = 'width' | 'heads' | 'block';

interface PresetRule {
  /** Roles that share one rank gene in each block, in gene order, and the places of the other kinds of gene. */
  readonly genes: readonly (readonly Role[] | Place)[];
  /** Adapted, at the full rank. */
  readonly fixed: readonly AdapterRole[];
  readonly publishedRanks: readonly number[];
}

const attention: readonly Role[] = ['q', 'k', 'v'];
const pareRanks = [1, 0.75, 0.5];
const widthFractions = [1, 0.875, 0.75, 0.625, 0.5];

/** Groups and their order as in the NNCF configurations of the LoNAS, Shears and SQFT repositories. */
const presets: Record<PresetName, PresetRule> = {
  lonas: {
    genes: [attention, 'heads', 'width', ['gate', 'up']],
    fixed: ['down'],
    publishedRanks: [1, 0.875],
  },
  // Sukthanker et al. 2024: adapters on all modules, blocks that can go.
  'lonas-plus': {
    genes: [attention, 'heads', 'width', ['gate', 'up'], 'block'],
    fixed: ['down', 'o', 'head', 'embedding'],
    publishedRanks: [1, 0.875],
  },
  shears: { genes: [attention, ['up'], ['down']], fixed: [], publishedRanks: pareRanks },
  sqft: { genes: [attention], fixed: ['up', 'down'], publishedRanks: pareRanks },
};

export interface SpaceOptions {
  readonly preset: PresetName;
  readonly variant: PresetVariant;
  /** Full adapter rank r_max. */
  readonly rank: number;
  /** Roles that carry an adapter, where it is not the preset's own list. */
  readonly targets?: readonly AdapterRole[];
  /** Fractions of the full rank and FFN width, where they are not the preset's own. */
  readonly rankFractions?: readonly number[];
  readonly widthFractions?: readonly number[];
  /** Fractions of the KV groups; all are kept unless said otherwise (published LoNAS has no elastic heads). */
  readonly headFractions?: readonly number[];
  /** One width gene and one heads gene for all blocks, for loaders that know only one size of each. */
  readonly uniform?: boolean;
}

/** The roles that a preset puts adapters on. */
export function presetTargets(preset: PresetName): AdapterRole[] {
  const { genes, fixed } = presets[preset];
  return [...genes.flatMap((roles) => (typeof roles === 'string' ? [] : roles)), ...fixed];
}

/** The search space of a preset on a model. Genes run group by group over the blocks, as in the NNCF files. */
export function buildSpace(structure: ModelStructure, options: SpaceOptions): ElasticSpace {
  const rule = presets[options.preset];
  const targets = options.targets ?? presetTargets(options.preset);
  const places = { width: widthGroups, heads: headGroups, block: blockGroups };
  const groups = rule.genes.flatMap((roles) =>
    typeof roles === 'string'
      ? places[roles](structure, options)
      : rankGroups(structure, options, intersect(roles, targets), rankChoicesOf(rule, options)),
  );
  const fixedRoles = rule.fixed.filter((role) => isBlockRole(role));
  groups.push(...rankGroups(structure, options, intersect(fixedRoles, targets), [options.rank]));
  for (const role of targets.filter((target) => !presetTargets(options.preset).includes(target))) {
    if (!isBlockRole(role)) continue;
    const choices = options.variant === 'pare' ? rankChoicesOf(rule, options) : [options.rank];
    groups.push(...rankGroups(structure, options, [role], choices));
  }
  groups.push(...outerGroups(structure, options, targets));
  checkSpace({ groups });
  const space = { groups: groups.filter((g) => g.choices.length > 1) };
  const { attention: heads } = structure;
  return {
    space,
    fixed: groups.filter((g) => g.choices.length === 1),
    ...(heads ? { attention: heads } : {}),
  };
}

const isBlockRole = (role: AdapterRole): role is Role => role !== 'head' && role !== 'embedding';

/** Adapters of head and embedding: at the full rank always, and one for both where the two are one matrix. */
function outerGroups(
  { tiedHead, layers, outer }: ModelStructure,
  { rank }: SpaceOptions,
  targets: readonly AdapterRole[],
): Group[] {
  const module = { head: outer.head, embedding: tiedHead ? outer.head : outer.embedding };
  const members = new Set(targets.filter((role) => !isBlockRole(role)).map((role) => module[role]));
  return [...members].map((name): Group => {
    return { id: `${name}.rank`, kind: 'rank', layer: layers - 1, members: [name], choices: [rank] };
  });
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
  if (isFull(choices, structure.intermediateSize)) return [];
  return sharedOrNot('ffn.width', 'width', blocks(structure, ['gate', 'up']), choices, options);
}

/** With fewer, one KV group is a third of a block's attention or more; measured on the demo, that is too much at a stroke. */
const leastKvGroups = 4;

/** Whole KV groups, never part of a head, so rotary positions and the q-to-kv mapping are untouched. */
function headGroups(structure: ModelStructure, options: SpaceOptions): Group[] {
  const { attention: heads } = structure;
  if (!heads || heads.kvHeads < leastKvGroups) return [];
  const choices = rankChoices(heads.kvHeads, options.headFractions ?? [1]);
  if (isFull(choices, heads.kvHeads)) return [];
  return sharedOrNot('attention.heads', 'heads', blocks(structure, attention), choices, options);
}

/** Nothing to choose and nothing to cut: no limit is needed. */
const isFull = (choices: readonly number[], size: number): boolean =>
  choices.length === 1 && choices[0] === size;

/** Every block but the first may go: a model keeps at least one, and the first is the one that it misses most. */
function blockGroups(structure: ModelStructure): Group[] {
  return blocks(structure, ['o', 'down'])
    .filter(([layer]) => layer > 0)
    .map(([layer, members]) => {
      return { id: `${layer}.block`, kind: 'block', layer, members, choices: [1, 0] };
    });
}

/** One group a block, or one for all of them. */
function sharedOrNot(
  id: string,
  kind: Group['kind'],
  perBlock: [number, string[]][],
  choices: readonly number[],
  { uniform }: SpaceOptions,
): Group[] {
  if (uniform && perBlock.length > 0)
    return [{ id: `all.${id}`, kind, layer: 0, members: perBlock.flatMap(([, names]) => names), choices }];
  return perBlock.map(([layer, members]) => ({ id: `${layer}.${id}`, kind, layer, members, choices }));
}

/** [block, names of its modules with one of the roles], for blocks that have any. */
function blocks(structure: ModelStructure, roles: readonly Role[]): [number, string[]][] {
  // One matrix of q, k and v is there where any of them is wanted.
  const fused = attention.some((role) => roles.includes(role)) ? ['qkv'] : [];
  const held: readonly string[] = [...roles, ...fused];
  const wanted = structure.modules.filter((m) => m.role !== 'head' && held.includes(m.role));
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

const intersect = (roles: readonly Role[], targets: readonly AdapterRole[]): Role[] =>
  roles.filter((role) => targets.includes(role));
