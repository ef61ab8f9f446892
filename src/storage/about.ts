import { z } from 'zod';
import type { EventOf, SessionEvent } from '../session/events.ts';
import { methods } from '../session/recipe.ts';
import { viewOf } from '../session/reduce.ts';

const name = z.string().max(200);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What the library shows of a session without opening it. */
export const sessionAboutSchema = z.strictObject({
  /** Letters, digits and hyphens: it names a folder. */
  id: z.string().regex(/^[0-9a-z-]{1,64}$/),
  /** Given by the user; empty: named after method, model and seed. */
  name,
  /** Which run it is, wherever it is kept: see `sessionKey`. */
  key: name,
  /** ISO dates. */
  created: z.string().max(40),
  updated: z.string().max(40),
  status: z.enum(['running', 'paused', 'stopped', 'finished', 'failed']),
  method: z.enum(methods),
  seed: z.int().min(0).max(0xffffffff),
  metric: z.enum(['accuracy', 'perplexity']),
  /** The library keeps the files of what is named here, for as long as it is. */
  model: z.strictObject({ name, sha256 }),
  data: z.strictObject({ name, sha256 }),
  /** SHA-256 of the files that are only tested on. */
  tests: z.array(sha256).max(32).default([]),
  /** Scored points so far, and the best score on the front; null before there is one. */
  evaluations: z.int().min(0),
  best: z.number().nullable(),
  /** Of the session file. */
  bytes: z.int().min(0),
  /** As `ImportedSession.state`. */
  state: z.enum(['none', 'run', 'finished']),
});

export type SessionAbout = z.infer<typeof sessionAboutSchema>;

/** Two logs of one run have the same key, and no two runs have. */
export function sessionKey({ date, recipe, model }: EventOf<'started'>): string {
  return `${date} ${recipe.seed} ${model.sha256.slice(0, 12)}`;
}

/** `log` begins with `started`. */
export function aboutOf(
  log: readonly SessionEvent[],
  entry: Pick<SessionAbout, 'id' | 'name' | 'bytes' | 'state' | 'updated'>,
): SessionAbout {
  const started = log[0] as EventOf<'started'>;
  const view = viewOf(log);
  const scores = view.front.map(({ score }) => score);
  return {
    ...entry,
    key: sessionKey(started),
    created: started.date,
    status: view.status === 'empty' ? 'running' : view.status,
    method: started.recipe.method,
    seed: started.recipe.seed,
    metric: started.metric,
    model: { name: started.model.name, sha256: started.model.sha256 },
    data: { name: started.data.name, sha256: started.data.sha256 },
    tests: started.data.tests.map((test) => test.sha256),
    evaluations: view.points.length,
    best: scores.length > 0 ? Math.max(...scores) : null,
  };
}
