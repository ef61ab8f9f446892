import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { cpu } from '../backends/cpu.testing.ts';
import { FaultyBackend } from '../backends/faults.testing.ts';
import type { SessionEvent } from '../session/events.ts';
import { appendToLog } from '../session/log.ts';
import { viewOf } from '../session/reduce.ts';
import { RunControl } from './control.ts';
import { unlessLost } from './recovery.ts';
import { loadModel } from './model.ts';
import { essenceOf, outcomeOf, shortRecipe, tinyFor } from './resume.testing.ts';
import type { Recipe } from '../session/recipe.ts';

/** Training is what needs the most memory. */
const wide = (batch: number): Recipe => {
  const recipe = shortRecipe('shears', { baseline: false });
  return { ...recipe, training: { ...recipe.training, batch } };
};

async function trainingScratch(recipe: Recipe): Promise<number> {
  const { log } = await outcomeOf(cpu, recipe);
  return viewOf(log).memory.find(({ stage }) => stage === 'train')!.bytes.activations;
}

describe('a device without room for a training step', () => {
  it('is given the batch in parts, and the log says where bit equality ends', async () => {
    const recipe = wide(24);
    const most = (await trainingScratch(recipe)) - 1;
    const outcome = await outcomeOf(new FaultyBackend(cpu, { mostScratchBytes: most }), recipe);
    const view = viewOf(outcome.log);
    expect(view.status).toBe('finished');
    expect(view.recoveries).toMatchObject([{ cause: 'out-of-memory', exact: false, accumulation: 2 }]);
    expect(view.recoveries[0]!.message).toMatch(/no room for a training step.*2 parts/);
    expect(view.memory.find(({ stage }) => stage === 'train')!.bytes.activations).toBeLessThanOrEqual(most);

    const whole = viewOf((await outcomeOf(cpu, recipe)).log);
    expect(view.losses).toHaveLength(whole.losses.length);
    for (const [index, { loss }] of view.losses.entries())
      expect(Math.abs(loss - whole.losses[index]!.loss)).toBeLessThan(1e-4);
  });

  it('keeps its parts when the run is continued', async () => {
    const recipe = wide(24);
    const most = (await trainingScratch(recipe)) - 1;
    const first = await outcomeOf(new FaultyBackend(cpu, { mostScratchBytes: most }), recipe);
    const checkpoint = first.checkpoints.find(({ partial }) => partial)!;
    const second = await outcomeOf(cpu, recipe, { from: { checkpoint, cause: 'reopened' } });
    expect(await essenceOf(second)).toEqual(await essenceOf(first));
    expect(viewOf(second.log).recoveries.map(({ accumulation, exact }) => ({ accumulation, exact }))).toEqual(
      [
        { accumulation: 2, exact: false },
        { accumulation: 2, exact: true },
      ],
    );
  });

  it('fails, naming what found no room, where the base cannot even be scored', async () => {
    const recipe = wide(4);
    const running = outcomeOf(new FaultyBackend(cpu, { mostScratchBytes: 60_000 }), recipe, {
      onEvent: () => undefined,
    });
    await expect(running).rejects.toMatchObject({ code: 'out-of-memory' });
  });
});

describe('a run that is paused when its device is lost', () => {
  it('stays paused on the new one, and can be resumed', async () => {
    const recipe = shortRecipe('lora');
    const expected = await essenceOf(await outcomeOf(cpu, recipe));
    const faulty = new FaultyBackend(cpu, {});
    const control = new RunControl();
    const log: SessionEvent[] = [];
    const outcome = await outcomeOf(faulty, recipe, {
      control,
      onEvent: (event) => {
        if (event.type === 'started') log.length = 0;
        appendToLog(log, [event]);
        const lost = log.some(({ type }) => type === 'recovered');
        if (event.type === 'losses' && !lost) control.pause();
        else if (event.type === 'paused' && !lost) faulty.lose();
        else if (event.type === 'paused') setTimeout(() => control.resume());
      },
      reopen: async () => loadModel(cpu, await tinyFor(recipe)),
    });
    expect(log.map(({ type }) => type)).toEqual(expect.arrayContaining(['recovered', 'paused', 'resumed']));
    expect(await essenceOf({ ...outcome, log })).toEqual(expected);
  });
});

describe('a device that is lost twice before the next checkpoint', () => {
  it('is told of twice', async () => {
    const recipe = shortRecipe('lora');
    let faulty = new FaultyBackend(cpu, {});
    const log: SessionEvent[] = [];
    await outcomeOf(faulty, recipe, {
      onEvent: (event) => {
        if (event.type === 'started') log.length = 0;
        appendToLog(log, [event]);
        const losses = log.filter(({ type }) => type === 'recovered').length;
        if (event.type === 'stage' && event.stage === 'train' && losses < 2) faulty.lose();
      },
      reopen: async () => {
        faulty = new FaultyBackend(cpu, {});
        return loadModel(faulty, await tinyFor(recipe));
      },
    });
    expect(viewOf(log).recoveries).toHaveLength(2);
  });
});

describe('a device that is lost again and again at the same place', () => {
  it('ends the run, which says what to do', async () => {
    const recipe = shortRecipe('shears', { baseline: false });
    let faulty = new FaultyBackend(cpu, {});
    let devices = 1;
    const log: SessionEvent[] = [];
    const running = outcomeOf(faulty, recipe, {
      onEvent: (event) => {
        appendToLog(log, [event]);
        if (event.type === 'stage' && event.stage === 'calibrate') faulty.lose();
      },
      reopen: async () => {
        devices++;
        faulty = new FaultyBackend(cpu, {});
        return loadModel(faulty, await tinyFor(recipe));
      },
    });
    await expect(running).rejects.toMatchObject({ code: 'recovery-failed' });
    expect(devices).toBe(4);
    expect(log.at(-1)).toMatchObject({ type: 'failed', remedy: expect.stringContaining('batch') as string });
  });
});

describe('what is raced with a device', () => {
  it('is let go of when it is over', async () => {
    const backend = cpu;
    let kept = 0;
    const registry = new FinalizationRegistry(() => kept--);
    for (let i = 0; i < 20; i++) {
      kept++;
      const big = { bytes: new Uint8Array(1000) };
      registry.register(big, i);
      await unlessLost({ backend }, Promise.resolve(big));
    }
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    // Finalizers run when the engine comes to them.
    const left = () => (gc(), kept);
    await expect.poll(left, { timeout: 60_000 }).toBeLessThanOrEqual(5);
  });
});

describe('a device that is lost while it is read from', () => {
  it('is replaced, whichever read it was', async () => {
    const recipe = shortRecipe('lonas', { baseline: false });
    const counting = new FaultyBackend(cpu, {});
    const expected = await essenceOf(await outcomeOf(counting, recipe));
    const { read } = counting.counts;
    for (const nth of [2, Math.floor(read / 3), Math.floor(read / 2), Math.floor((read * 4) / 5)]) {
      const faulty = new FaultyBackend(cpu, { faults: [{ at: 'read', nth, how: 'lost' }] });
      const outcome = await outcomeOf(faulty, recipe, {
        reopen: async () => loadModel(cpu, await tinyFor(recipe)),
      });
      expect(await essenceOf(outcome)).toEqual(expected);
      expect(viewOf(outcome.log).recoveries.map(({ cause }) => cause)).toEqual(['device-lost']);
    }
  });
});
