import { presets } from '../recipes/presets.ts';
import { isActive } from '../session/view.ts';
import type { SessionView } from '../session/view.ts';
import type { Match, Recognised } from '../state/recognise.ts';
import type { Origin } from '../state/session.ts';
import type { SessionAbout } from '../storage/about.ts';
import { dateOf } from './panels/libraryText.ts';

/** What the banner goes by; all of it is on the page already. */
export interface BannerFacts {
  origin: Origin;
  view: SessionView;
  /** What the library can do with it; null: it does not keep it. */
  kept: SessionAbout['state'] | null;
  /** The opened file holds more than its log. */
  resumable: boolean;
  elsewhere: boolean;
  waiting: boolean;
  open: Recognised;
  /** Of what is open. */
  names: { model: string | null; data: string | null };
}

/** The names of what the banner offers, in this order. */
export type BannerAction = 'continue' | 'reproduce' | 'verify' | 'run' | 'recipe' | 'keep' | 'kept';

export interface Banner {
  /** Of the region. */
  name: string;
  title: string;
  hint: string;
  actions: BannerAction[];
  leave: string | null;
}

const titles: Partial<Record<Origin, [name: string, title: string]>> = {
  link: ['Shared session', 'A shared session, read-only.'],
  file: ['Shared session', 'A saved session, read-only.'],
  kept: ['Kept session', 'A session of this browser, read-only.'],
  past: ['Earlier run', 'An earlier run of this page, read-only.'],
};

/** null where the session on the page is the one whose model is at hand, and needs no words. */
export function bannerOf(facts: BannerFacts): Banner | null {
  const { origin, view, kept } = facts;
  if (origin === 'run') {
    if (isActive(view) || view.status === 'finished' || kept !== 'run') return null;
    const hint = 'It can go on from its last checkpoint.';
    return {
      name: 'Interrupted run',
      title: 'This run is not at its end.',
      hint,
      actions: ['continue'],
      leave: null,
    };
  }
  const [name, title] = titles[origin] ?? [];
  if (!name || !title) return null;
  const leave = origin === 'past' ? 'Back to the latest run' : 'Close';
  const mine = origin === 'link' && kept !== null;
  return {
    name: mine ? 'Kept session' : name,
    title: mine ? 'Your session, kept in this browser, read-only.' : title,
    hint: hintOf(facts),
    actions: facts.waiting || facts.elsewhere ? [] : actionsOf(facts),
    leave,
  };
}

function actionsOf({ origin, view, kept, resumable, open }: BannerFacts): BannerAction[] {
  const hasAdapters = resumable || kept === 'run' || kept === 'finished';
  const same = open.model === 'same' && open.data === 'same';
  const both = open.model !== 'none' && open.data !== 'none';
  const actions: BannerAction[] = [];
  if (hasAdapters) actions.push('continue');
  if (same && view.front.length > 0) actions.push('reproduce', ...(hasAdapters ? (['verify'] as const) : []));
  if (both && !same) actions.push('run');
  if (origin === 'past' || origin === 'kept') actions.push('recipe');
  if (kept === null && (origin === 'link' || origin === 'file')) actions.push('keep');
  // In its place, so that the buttons beside it stay where they are: verifying a file keeps it.
  if (kept !== null && origin === 'file') actions.push('kept');
  return actions;
}

/** What is open in the place of its own, and what can be done with the session. */
function hintOf(facts: BannerFacts): string {
  if (facts.elsewhere) return 'It is open in another tab: go on there, or close that tab.';
  return [...othersText(facts), offerText(facts)].join(' ');
}

/** “The open model is tiny, not pare-demo.” */
function othersText({ view, open, names }: BannerFacts): string[] {
  return (['model', 'data'] as const).flatMap((what) => {
    const [own, other] = [view[what]?.name, names[what]];
    if (open[what] !== 'other' || !own || !other) return [];
    if (own === other) return `The open ${what} is another ${own}: its contents differ.`;
    return `The open ${what} is ${other}, not ${own}.`;
  });
}

function offerText(facts: BannerFacts): string {
  const { view, kept, resumable, waiting, open } = facts;
  if (waiting) return `To go on, ${dropText(facts)}: the contents count, not the name.`;
  if (kept === 'run') return 'It broke off: it can go on from its last checkpoint.';
  if (kept === 'finished' || (resumable && view.status === 'finished'))
    return 'Continue brings its model back, to choose from, to try and to export.';
  if (resumable) return 'It is not at its end: it can go on from its checkpoint.';
  if (open.model === 'same' && open.data === 'same')
    return 'Its model and data are open: run it again and compare, with Reproduce.';
  if (open.model === 'none' || open.data === 'none')
    return `To reproduce it, ${dropText(facts)}; its recipe runs on others, too.`;
  return 'Its recipe can be run on what is open.';
}

/** “drop tiny and problems.jsonl”: what is not open yet. */
function dropText({ view: { model, data }, open }: BannerFacts): string {
  const names = [...lacking(open.model, model), ...lacking(open.data, data)];
  return names.length > 0 ? `drop ${names.join(' and ')}` : 'wait';
}

const lacking = (match: Match, given: { name: string } | null): string[] =>
  match === 'same' || !given ? [] : [given.name];

/** “A run broke off on 22 Nov, 10:58: LoNAS on pare-demo.” */
export const interruptedText = ({ name, method, model, updated }: SessionAbout): string =>
  `A run broke off on ${dateOf(updated)}: ${name || `${presets[method].label} on ${model.name}`}.`;
