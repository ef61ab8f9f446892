import { beforeEach, describe, expect, it } from 'vitest';
import { cpu } from '../backends/cpu.testing.ts';
import { bytesSource } from '../formats/source.ts';
import { openZip } from '../formats/zip.ts';
import { eventSchema, type SessionEvent } from '../session/events.ts';
import type { Recipe } from '../session/recipe.ts';
import { searchHere } from './engine.ts';
import { presets } from './presets.ts';
import { Studio } from './studio.ts';
import { fewProblems, tinyModel } from './tiny-model.testing.ts';

const tiny = (changes: Partial<Recipe> = {}): Recipe => {
  const recipe = presets.lora.recipe('exact');
  return {
    ...recipe,
    split: { validation: 8, test: 8 },
    training: { ...recipe.training, steps: 3, batch: 4 },
    ...changes,
  };
};

/** The studio on the CPU backend: what a machine without WebGPU gets, and what must hold for every backend. */
describe('studio', () => {
  let studio: Studio;
  let log: SessionEvent[];
  const types = () => log.map(({ type }) => type);
  const record = (event: SessionEvent) => void log.push(event);

  beforeEach(async () => {
    log = [];
    studio = new Studio({ backend: cpu, search: searchHere });
    await studio.openModel(await tinyModel());
    await studio.openData(fewProblems(60));
  });

  it('runs a whole recipe, answers, and exports', async () => {
    await studio.run(tiny(), { onEvent: record });
    expect(types()).toContain('finished');
    const seen: string[] = [];
    const { tokens } = await studio.generate('original', 'Tom has 27 stamps. How many now?', 3, (text) =>
      seen.push(text),
    );
    expect(seen.length).toBe(tokens);
    expect(tokens).toBeLessThanOrEqual(3);
    const { stream } = await studio.exportModel();
    expect((await new Response(stream).arrayBuffer()).byteLength).toBeGreaterThan(20_000);
  });

  it('hears a stop in the middle of training', async () => {
    setTimeout(() => studio.stop(), 300);
    await studio.run(tiny({ training: { ...tiny().training, steps: 50_000 } }), { onEvent: record });
    expect(types().at(-1)).toBe('stopped');
    await studio.run(tiny({ training: { ...tiny().training, steps: 1 } }), { onEvent: record });
    expect(types().at(-1)).toBe('finished');
  });

  it('refuses a second action while one runs, and the first can still be stopped', async () => {
    const running = studio.run(tiny({ training: { ...tiny().training, steps: 50_000 } }), {
      onEvent: record,
    });
    await expect(studio.run(tiny(), { onEvent: record })).rejects.toMatchObject({ code: 'busy' });
    await expect(studio.score(tiny(), () => {})).rejects.toMatchObject({ code: 'busy' });
    await expect(studio.exportModel()).rejects.toThrow(/running a recipe/);
    studio.stop();
    await running;
    expect(types().at(-1)).toBe('stopped');
  });

  it('is busy until an export has been read', async () => {
    await studio.run(tiny({ training: { ...tiny().training, steps: 0 } }), { onEvent: record });
    const { stream } = await studio.exportModel();
    await expect(studio.run(tiny(), { onEvent: record })).rejects.toMatchObject({ code: 'busy' });
    await stream.cancel();
    await studio.run(tiny({ training: { ...tiny().training, steps: 0 } }), { onEvent: record });
  });

  it('what cannot run is refused before the first event, and an earlier run stays', async () => {
    await studio.run(tiny({ training: { ...tiny().training, steps: 0 } }), { onEvent: record });
    const before = log.length;
    await expect(studio.run(tiny({ maxLength: 8 }), { onEvent: record })).rejects.toMatchObject({
      code: 'data-too-long',
      remedy: expect.stringMatching(/“Longest”.* to \d+ tokens, which takes \d+ of them/) as string,
    });
    expect(log.length).toBe(before);
    await (await studio.exportModel()).stream.cancel();
  });

  it('a model that cannot be opened leaves the old one', async () => {
    const broken = bytesSource('broken/config.json', new TextEncoder().encode('{"model_type":"mamba"}'));
    await expect(studio.openModel([broken])).rejects.toMatchObject({
      message: expect.stringContaining('mamba') as string,
    });
    expect((await studio.score(tiny(), () => {})).examples).toBe(60);
  });

  it('trains on a handful of examples of very different lengths', async () => {
    const lines = Array.from({ length: 12 }, (_, i) => ({
      question: `Tom has ${i} stamps.`,
      answer: i === 5 ? '1 + 1 = 2 '.repeat(5) : `${i}`,
    }));
    const text = lines.map((line) => JSON.stringify(line)).join('\n');
    await studio.openData(bytesSource('few.jsonl', new TextEncoder().encode(text)));
    for (let seed = 0; seed < 5; seed++) {
      await studio.run(tiny({ seed, training: { ...tiny().training, steps: 2, batch: 8 } }), {
        onEvent: record,
      });
      expect(types().at(-1)).toBe('finished');
    }
  });

  it('a sparse LoNAS exports base and adapter that fit each other, and an honest table', async () => {
    const recipe = presets.lonas.recipe('exact');
    const sparse = { ...presets.shears.recipe('exact').sparsity!, ratio: 0.9, calibration: 8 };
    const search = { ...recipe.search!, evaluations: 4, population: 4 };
    await studio.run(
      { ...recipe, ...tinySizes(recipe), sparsity: sparse, search, baseline: false },
      { onEvent: record },
    );
    expect(log.filter(({ type }) => type === 'result').length).toBeGreaterThan(4);
    for (const event of log) eventSchema.parse(event);
    const reopened = new Studio({ backend: cpu, search: searchHere });
    const zip = bytesSource(
      'export.zip',
      new Uint8Array(await new Response((await studio.exportModel()).stream).arrayBuffer()),
    );
    expect((await reopened.openModel([zip])).adapter).toContain('LoRA');
    const narrow = { ...recipe, adapter: { ...recipe.adapter, rank: 1 } };
    expect(() => reopened.estimate(narrow)).toThrow(/comes with an adapter of rank/);
  });

  it('a tolerance means a share of perplexity', async () => {
    const recipe = presets.lonas.recipe('perplexity');
    const search = { ...recipe.search!, evaluations: 4, population: 4, tolerance: 0.01 };
    await studio.run({ ...recipe, ...tinySizes(recipe), search, baseline: false }, { onEvent: record });
    const points = log.filter((event) => event.type === 'evaluated');
    const heuristic = points.find(({ tag }) => tag === 'heuristic')!;
    const chosen = log.find((event) => event.type === 'chosen')!;
    const found = points.find(({ genome }) => String(genome) === String(chosen.genome))!;
    expect(1 / found.score).toBeLessThanOrEqual((1 / heuristic.score) * 1.01 + 1e-9);
  });

  it('ties what was tied only by inference', async () => {
    await studio.openModel(await tinyModel({ tie_word_embeddings: true }));
    const [config, ...rest] = await tinyModel();
    const untied = JSON.stringify({
      ...(JSON.parse(new TextDecoder().decode(await config!.read(0, config!.size))) as object),
      tie_word_embeddings: false,
    });
    await studio.openModel([bytesSource('tiny/config.json', new TextEncoder().encode(untied)), ...rest]);
    await studio.run(tiny({ training: { ...tiny().training, steps: 0 } }), { onEvent: record });
    const zip = bytesSource(
      'export.zip',
      new Uint8Array(await new Response((await studio.exportModel()).stream).arrayBuffer()),
    );
    const exported = (await openZip(zip)).find(({ name }) => name === 'config.json')!;
    const text = new TextDecoder().decode(await exported.read(0, exported.size));
    expect(JSON.parse(text)).toMatchObject({ tie_word_embeddings: true });
  });
});

const tinySizes = (recipe: Recipe) => ({
  split: { validation: 8, test: 8 },
  training: { ...recipe.training, steps: 3, batch: 4 },
});
