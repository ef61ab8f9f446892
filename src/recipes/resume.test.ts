import { describe, expect, it } from 'vitest';
import { cpu } from '../backends/cpu.testing.ts';
import type { Checkpoint } from '../session/checkpoint.ts';
import { methods } from '../session/recipe.ts';
import { RunControl } from './control.ts';
import { essenceOf, outcomeOf, someOf, shortRecipe, type Outcome } from './resume.testing.ts';

describe('a run that was interrupted', () => {
  for (const [index, method] of methods.entries()) {
    it(`${method}: ends with the same bits from any checkpoint`, async () => {
      const recipe = shortRecipe(method);
      const whole = await outcomeOf(cpu, recipe);
      const expected = await essenceOf(whole);
      expect(expected.status).toBe('finished');
      const inTraining = whole.checkpoints.filter(({ partial }) => partial !== null);
      expect(inTraining.length).toBeGreaterThan(0);
      for (const checkpoint of [...someOf(whole.checkpoints, 2, index), inTraining[0]!]) {
        const resumed = await outcomeOf(cpu, recipe, {
          from: { checkpoint, cause: 'reopened' },
        });
        expect(await essenceOf(resumed)).toEqual(expected);
        const over = checkpoint.log.some(({ type }) => type === 'finished');
        const recoveries = resumed.log.filter((event) => event.type === 'recovered');
        expect(recoveries.map(({ exact }) => exact)).toEqual(over ? [] : [true]);
      }
    });
  }

  it('can be interrupted again and again', async () => {
    const recipe = shortRecipe('lonas', { baseline: false });
    const expected = await essenceOf(await outcomeOf(cpu, recipe));
    let checkpoint: Checkpoint | null = null;
    let last: Outcome;
    for (let times = 0; ; times++) {
      const control = new RunControl();
      const seen: Checkpoint[] = [];
      last = await outcomeOf(cpu, recipe, {
        control,
        from: checkpoint && { checkpoint, cause: 'reopened' },
        onCheckpoint: (next) => {
          if (seen.push(next) === 5) control.stop();
        },
      });
      if (last.finished) break;
      expect(last.log.at(-1)?.type).toBe('stopped');
      checkpoint = seen.at(-1)!;
      expect(times).toBeLessThan(40);
    }
    expect(await essenceOf(last)).toEqual(expected);
    expect(last.log.filter(({ type }) => type === 'recovered').length).toBeGreaterThan(3);
  });
});
