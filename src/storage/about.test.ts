import { describe, expect, it } from 'vitest';
import { logFixture, startedFixture } from '../session/session.testing.ts';
import { viewOf } from '../session/reduce.ts';
import { aboutOf, sessionAboutSchema, sessionKey } from './about.ts';
import { hash } from './storage.testing.ts';

const entry = { id: 'one', name: '', bytes: 12, state: 'run', updated: '2026-11-22T10:00:00.000Z' } as const;

describe('what the library shows of a session', () => {
  it('follows from its log', () => {
    const log = logFixture();
    const started = startedFixture(2);
    const view = viewOf(log);
    const about = aboutOf(log, entry);
    expect(sessionAboutSchema.parse(about)).toEqual(about);
    expect(about).toMatchObject({ ...entry, status: view.status, evaluations: view.points.length });
    expect(about.evaluations).toBeGreaterThan(0);
    expect(about.best).toBe(Math.max(...view.points.map(({ score }) => score)));
    expect(about.model).toEqual({ name: started.model.name, sha256: started.model.sha256 });
  });

  it('is running, without points, from its first event on, and names all the files that it needs', () => {
    const started = startedFixture(2);
    const test = { name: 't', sha256: hash('c'), bytes: 1, examples: 1, total: 1, tooLong: 0 };
    const about = aboutOf([{ ...started, data: { ...started.data, tests: [test] } }], entry);
    expect(about).toMatchObject({ status: 'running', evaluations: 0, best: null, tests: [hash('c')] });
    expect(about.data.sha256).toBe(started.data.sha256);
  });

  it('reads entries from before test sets were named', () => {
    const { tests, ...older } = aboutOf([startedFixture(2)], entry);
    expect(sessionAboutSchema.parse(older)).toEqual({ ...older, tests });
  });

  it('has a key of the run, not of the entry', () => {
    const started = startedFixture(2);
    expect(aboutOf([started], { ...entry, id: 'two' }).key).toBe(sessionKey(started));
    const others = [
      { ...started, date: '2026-11-23T10:00:00.000Z' },
      { ...started, recipe: { ...started.recipe, seed: started.recipe.seed + 1 } },
      { ...started, model: { ...started.model, sha256: hash('f') } },
    ];
    expect(new Set([started, ...others].map(sessionKey)).size).toBe(4);
  });
});
