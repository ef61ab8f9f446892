import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import { gpuBackend } from '../backends/webgpu/device.testing.ts';
import { nodeFolder } from '../cli/node-files.ts';
import { openModel } from '../models/open-model.ts';
import { hasShared, readSharedJson, sharedPath } from '../lib/golden.testing.ts';
import { plainModel, type Runnable } from '../models/runnable.ts';
import { loadWeights } from '../models/weights.ts';
import { beamSearch } from './beam.ts';
import { generateAll } from './generate-batch.ts';
import { Generator } from './generate.ts';
import { logitsOf } from './logits.ts';

const cases = [
  ['golden/llama-gqa-untied', 'golden/llama-gqa-untied/golden.json'],
  ['golden/mistral-swa', 'golden/mistral-swa/golden.json'],
  ['golden/gpt2', 'golden/gpt2/golden.json'],
  ['golden/gpt_neox-pythia', 'golden/gpt_neox-pythia/golden.json'],
  ['golden/gemma2', 'golden/gemma2/golden.json'],
  ['models/stories260K-hf', 'golden/real/stories260K.json'],
] as const;

interface Golden {
  sequences: { ids: number[]; greedy: number[] }[];
}

/** With a generator for so many sequences, on the CPU and on Dawn. */
async function withGenerators(
  folder: string,
  { sequences, capacity }: { sequences: number; capacity: number },
  work: (generator: Generator) => Promise<void>,
): Promise<void> {
  const source = await openModel(await nodeFolder(sharedPath(folder)));
  for (const backend of [new CpuBackend(), await gpuBackend()]) {
    const store = backend.createStore();
    await loadWeights(source, store);
    const generator = await Generator.create(plainModel(backend, store, source.config), capacity, sequences);
    await work(generator);
    generator.dispose();
    store.dispose();
  }
}

describe.skipIf(!hasShared())('generation with a KV cache', () => {
  it.each(cases)('%s: prompts of unequal length at once, each as by itself', async (folder, golden) => {
    const all = readSharedJson<Golden>(golden).sequences.toSorted((a, b) => a.ids.length - b.ids.length);
    // The shortest two and the longest, more than there are sequences: the last one takes a place that has become free.
    const few = [all[0]!, all.at(-1)!, all[1]!];
    const prompts = few.map(({ ids }) => ids);
    const length = Math.min(...few.map(({ greedy }) => greedy.length));
    const capacity = Math.max(...prompts.map(({ length: own }) => own)) + length;
    await withGenerators(folder, { sequences: 2, capacity }, async (generator) => {
      const found = await generateAll(generator, prompts, { maxTokens: length, endIds: new Set() });
      expect(found).toEqual(few.map(({ greedy }) => greedy.slice(0, length)));
    });
  });

  it('streams one answer, and stops at an end token', async () => {
    const { ids, greedy } = readSharedJson<Golden>(cases[0][1]).sequences.at(-1)!;
    await withGenerators(
      cases[0][0],
      { sequences: 1, capacity: ids.length + greedy.length },
      async (generator) => {
        const found: number[] = [];
        for await (const token of generator.generate(ids, greedy.length, [])) found.push(token);
        expect(found).toEqual(greedy);
        const until: number[] = [];
        for await (const token of generator.generate(ids, greedy.length, [greedy[3]!])) until.push(token);
        expect(until).toEqual(greedy.slice(0, greedy.indexOf(greedy[3]!)));
      },
    );
  });

  it('ends with the last position of the model, though caches are kept in chunks', async () => {
    const { ids, greedy } = readSharedJson<Golden>(cases[2][1]).sequences[2]!;
    const source = await openModel(await nodeFolder(sharedPath(cases[2][0])));
    const backend = new CpuBackend();
    const store = backend.createStore();
    await loadWeights(source, store);
    const [room, maxTokens, endIds] = [8, 16, new Set<number>()];
    const maxPositions = ids.length + room;
    expect(maxPositions % 16).not.toBe(0);
    const model = plainModel(backend, store, { ...source.config, maxPositions });
    const one = await Generator.create(model, ids.length + maxTokens);
    const streamed: number[] = [];
    for await (const token of one.generate(ids, maxTokens, [])) streamed.push(token);
    expect(streamed).toEqual(greedy.slice(0, room));
    expect(await generateAll(one, [ids], { maxTokens, endIds })).toEqual([streamed]);
    one.dispose();
    const beams = await Generator.create(model, ids.length + maxTokens, 2);
    expect(await beamSearch(beams, ids, { maxTokens, endIds })).toHaveLength(room);
    beams.dispose();
    store.dispose();
  });

  it('searches with beams as the definition says', async () => {
    const { ids, greedy } = readSharedJson<Golden>(cases[0][1]).sequences[1]!;
    const endIds = new Set([greedy[2]!, 3]);
    const [maxTokens, capacity] = [5, ids.length + 5];
    const source = await openModel(await nodeFolder(sharedPath(cases[0][0])));
    const store = new CpuBackend().createStore();
    await loadWeights(source, store);
    const model = plainModel(new CpuBackend(), store, source.config);
    // The likeliest of all tokens may be ends, more of them than there are candidates of one end token.
    const last = (await logitsOf(model, ids)).at(-1)!;
    const likeliest = [...last.keys()].toSorted((a, b) => last[b]! - last[a]!).slice(0, 7);
    const rules = [endIds, new Set(likeliest)].map((ends) => ({ maxTokens, endIds: ends }));
    const expected = await Promise.all(rules.map((rule) => plainBeams(model, ids, 3, rule)));
    await withGenerators(cases[0][0], { sequences: 3, capacity }, async (generator) => {
      for (const [i, rule] of rules.entries())
        expect(await beamSearch(generator, ids, rule)).toEqual(expected[i]);
    });
    await withGenerators(cases[0][0], { sequences: 1, capacity }, async (generator) => {
      expect(await beamSearch(generator, ids, { maxTokens, endIds: new Set() })).toEqual(greedy.slice(0, 5));
    });
  });
});

/** Beam search without a cache: every half-written answer is read again as a whole. */
async function plainBeams(
  model: Runnable,
  prompt: number[],
  width: number,
  { maxTokens, endIds }: { maxTokens: number; endIds: Set<number> },
): Promise<number[]> {
  let open = [{ tokens: [] as number[], score: 0 }];
  let done: { tokens: number[]; mean: number }[] = [];
  for (let length = 1; length <= maxTokens; length++) {
    const all: { tokens: number[]; score: number }[] = [];
    for (const { tokens, score } of open) {
      const logits = (await logitsOf(model, [...prompt, ...tokens])).at(-1)!;
      const total = Math.log(logits.reduce((sum, value) => sum + Math.exp(value), 0));
      logits.forEach((value, token) =>
        all.push({ tokens: [...tokens, token], score: score + value - total }),
      );
    }
    const best = all.toSorted((a, b) => b.score - a.score).slice(0, Math.max(2, 1 + endIds.size) * width);
    best.slice(0, width).forEach(({ tokens, score }) => {
      if (endIds.has(tokens.at(-1)!)) done.push({ tokens: tokens.slice(0, -1), mean: score / length });
    });
    done = done.toSorted((a, b) => b.mean - a.mean).slice(0, width);
    if (done.length === width && done.at(-1)!.mean >= best[0]!.score / length) return done[0]!.tokens;
    open = best.filter(({ tokens }) => !endIds.has(tokens.at(-1)!)).slice(0, width);
  }
  done.push(...open.map(({ tokens, score }) => ({ tokens, mean: score / tokens.length })));
  return done.toSorted((a, b) => b.mean - a.mean)[0]!.tokens;
}
