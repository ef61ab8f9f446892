import { describe, expect, it } from 'vitest';
import { append, viewOf } from '../../session/reduce.ts';
import { logFixture } from '../../session/session.testing.ts';
import { leftText } from './timeLeft.ts';

const searching = (evaluations: number) => {
  const log = logFixture({ evaluations: 48, finish: false });
  const seen = log.filter(({ type }) => type === 'evaluated')[evaluations + 1];
  const until = log.slice(0, log.indexOf(seen!) + 1);
  return append(viewOf(until), [{ type: 'progress', at: seen!.at, stage: 'search', done: evaluations }]);
};

describe('the time left', () => {
  it('is of the stage, and of what is known to come before the tests', () => {
    // 24 of 48 scored in 1.2 s each; the baseline is trained as long as the adapters were: 27 s.
    expect(leftText(searching(24))).toBe('about 30 s left in this stage, about 1 min until the tests');
  });

  it('says nothing of a baseline that is not trained', () => {
    const view = searching(24);
    expect(leftText({ ...view, recipe: { ...view.recipe!, baseline: false } })).toBe(
      'about 30 s left in this stage',
    );
  });

  it('says nothing while it would be a guess', () => {
    expect(leftText(searching(0))).toBe('');
    expect(leftText({ ...searching(24), status: 'paused' })).toBe('');
  });
});
