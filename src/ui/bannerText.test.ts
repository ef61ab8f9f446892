import { describe, expect, it } from 'vitest';
import { viewOf } from '../session/reduce.ts';
import { logFixture } from '../session/session.testing.ts';
import { aboutOf } from '../storage/about.ts';
import { bannerOf, interruptedText } from './bannerText.ts';
import type { BannerFacts } from './bannerText.ts';

const finished = viewOf(logFixture());
const broken = viewOf(logFixture({ finish: false }));
const facts: BannerFacts = {
  origin: 'link',
  view: finished,
  kept: null,
  resumable: false,
  elsewhere: false,
  waiting: false,
  open: { model: 'none', data: 'none' },
  names: { model: 'tiny', data: 'problems.jsonl' },
};
const banner = (changes: Partial<BannerFacts>) => bannerOf({ ...facts, ...changes });
const same = { model: 'same', data: 'same' } as const;

describe('the banner', () => {
  it('needs no words for the run whose model is at hand, nor for no session', () => {
    expect(banner({ origin: 'run', kept: 'finished' })).toBeNull();
    expect(banner({ origin: 'run', view: broken, kept: 'run' })).toBeNull();
    expect(banner({ origin: 'none' })).toBeNull();
  });

  it('offers to go on with a run that was stopped, and not with one that is over', () => {
    const stopped = { ...broken, status: 'stopped' as const };
    expect(banner({ origin: 'run', view: stopped, kept: 'run' })).toMatchObject({
      name: 'Interrupted run',
      actions: ['continue'],
    });
    expect(banner({ origin: 'run', kept: 'run' })).toBeNull();
  });

  it('says what to drop where nothing is open', () => {
    const shown = banner({});
    expect(shown?.hint).toContain('drop pare-demo and problems.jsonl');
    expect(shown?.actions).toEqual(['keep']);
    expect(banner({ open: { model: 'same', data: 'none' } })?.hint).toContain('drop problems.jsonl');
  });

  it('offers to reproduce with the same model and data, and to run with others', () => {
    expect(banner({ open: same })?.actions).toEqual(['reproduce', 'keep']);
    expect(banner({ open: { model: 'other', data: 'same' } })?.actions).toEqual(['run', 'keep']);
  });

  it('names what is open in the place of its own', () => {
    const other = banner({ open: { model: 'other', data: 'same' } });
    expect(other?.hint).toBe('The open model is tiny, not pare-demo. Its recipe can be run on what is open.');
    expect(banner({ open: { model: 'same', data: 'other' } })?.hint).toContain(
      'The open data is another problems.jsonl: its contents differ.',
    );
    expect(banner({ kept: 'run', open: { model: 'other', data: 'none' } })?.hint).toMatch(
      /^The open model is tiny, not pare-demo\. It broke off/,
    );
  });

  it('keeps the place of what it no longer offers, once a file is kept', () => {
    const file = { origin: 'file', resumable: true, open: same } as const;
    const [before, after] = [banner(file), banner({ ...file, kept: 'finished' })];
    expect(after?.actions).toEqual(before?.actions.map((each) => (each === 'keep' ? 'kept' : each)));
  });

  it('says which run broke off', () => {
    const about = aboutOf(logFixture({ finish: false }), {
      id: 'a',
      name: '',
      bytes: 1,
      state: 'run',
      updated: '2026-11-22T10:58:00',
    });
    expect(interruptedText(about)).toMatch(/^A run broke off on 22 Nov.* 10:58: LoNAS on pare-demo\.$/);
    expect(interruptedText({ ...about, name: 'Tuesday' })).toContain(': Tuesday.');
  });

  it('offers what needs adapters only where there are some', () => {
    expect(banner({ origin: 'file', resumable: true, open: same })?.actions).toEqual([
      'continue',
      'reproduce',
      'verify',
      'keep',
    ]);
    expect(banner({ origin: 'kept', kept: 'none', open: same })?.actions).toEqual(['reproduce', 'recipe']);
  });

  it('knows its own session again after a reload', () => {
    const shown = banner({ view: broken, kept: 'run' });
    expect(shown?.title).toMatch(/^Your session/);
    expect(shown?.name).toBe('Kept session');
    expect(shown?.actions).toEqual(['continue']);
  });

  it('offers nothing while another tab has it, or while it waits', () => {
    expect(banner({ kept: 'run', elsewhere: true })).toMatchObject({ actions: [] });
    expect(banner({ kept: 'run', elsewhere: true })?.hint).toContain('another tab');
    expect(banner({ kept: 'run', waiting: true })?.hint).toContain('To go on, drop pare-demo');
  });
});
