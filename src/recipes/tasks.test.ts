import { beforeAll, describe, expect, it } from 'vitest';
import { openData } from '../datasets/parse.ts';
import { bytesSource, type FileSource } from '../formats/source.ts';
import type { SessionEvent } from '../session/events.ts';
import { recipeSchema, tasks, type Task } from '../session/recipe.ts';
import { cpu } from '../backends/cpu.testing.ts';
import { RunControl } from './control.ts';
import { runToEnd, searchHere } from './engine.ts';
import { readData, type LoadedData } from './loaded-data.ts';
import { loadModel, type LoadedModel } from './model.ts';
import { modelCard } from './model-card.ts';
import { presets } from './presets.ts';
import { plainNetwork, resultRow } from './result-row.ts';
import { scoreData } from './score-data.ts';
import { tinyModel } from './tiny-model.testing.ts';
import { previewTokens } from './token-preview.ts';

const names = ['Tom', 'Ann', 'Ben', 'Eva', 'Max', 'Zoe', 'Sam', 'Kim'];
const questions = names.map((name, i) => ({
  question: `${name} has ${i + 1} stamps. How many?`,
  choices: ['1', `${i + 1}`, '19'],
  answer: 1,
}));

const template =
  '{{ bos_token }}{% for m in messages %}{{ m.role }} : {{ m.content }}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}assistant : {% endif %}';

/** With a chat template in a file of its own, as newer folders have it. */
const withTemplate = async (): Promise<FileSource[]> => [
  ...(await tinyModel()),
  bytesSource('tiny/chat_template.jinja', new TextEncoder().encode(template)),
];

describe('the ways of scoring', { timeout: 60_000 }, () => {
  let model: LoadedModel;
  let data: LoadedData;
  beforeAll(async () => {
    model = await loadModel(cpu, await withTemplate());
    const json = new TextEncoder().encode(JSON.stringify(questions));
    data = readData(await openData(bytesSource('choices.json', json)));
  });

  const recipeOf = (task: Task) => {
    const recipe = presets.lora.recipe(task);
    return {
      ...recipe,
      baseline: false,
      split: { validation: 2, test: 2 },
      scoring: { ...recipe.scoring, answerTokens: 4 },
      training: { ...recipe.training, steps: 1, batch: 2 },
    };
  };

  it.each(tasks)('%s scores the model as it is, and a run from its first row to its last', async (task) => {
    const recipe = recipeOf(task);
    const { interval, ...score } = await scoreData(model, data, recipe);
    expect(score.examples).toBe(8);
    expect(interval === null).toBe(task === 'perplexity');
    expect(score.choice === null).toBe(task !== 'choice');
    const log: SessionEvent[] = [];
    const control = new RunControl();
    await runToEnd({
      recipe,
      model,
      data,
      control,
      search: searchHere,
      onEvent: (event) => void log.push(event),
    });
    expect(log[0]).toMatchObject({ metric: task === 'perplexity' ? 'perplexity' : 'accuracy' });
    const rows = log.filter((event) => event.type === 'result').map(({ row }) => row);
    expect(rows.map(({ tag }) => tag)).toEqual(['untuned-dense', 'chosen']);
    for (const row of rows) expect([row.interval === null, row.examples]).toEqual([task === 'perplexity', 2]);
  });

  it('gives the interval of the likelihood that was asked for', () => {
    const recipe = recipeOf('choice');
    const scores = { accuracy: 0.25, normalised: 0.75, perplexity: 2, examples: 100, tokens: 100 };
    const facts = {
      label: '',
      tag: 'chosen',
      genome: null,
      subNetwork: plainNetwork,
      zeros: 0,
      quantized: false,
      merged: false,
      speedup: null,
      bytes: null,
    } as const;
    const rowOf = (choice: 'plain' | 'length') =>
      resultRow({ recipe: { ...recipe, scoring: { ...recipe.scoring, choice } }, model }, facts, scores);
    for (const choice of ['plain', 'length'] as const) {
      const { score, interval } = rowOf(choice);
      expect(interval![0]).toBeLessThan(score);
      expect(interval![1]).toBeGreaterThan(score);
    }
  });

  it.each(tasks)('a model card of %s says what was measured', (task) => {
    const recipe = recipeOf(task);
    const facts = { format: 'hf', name: 'm', notes: [], proof: null, usage: null } as const;
    const card = modelCard({ ...facts, model: model.info, recipe, rows: [] });
    expect(card.includes('| Perplexity |')).toBe(task === 'perplexity');
    expect(card.includes('| Accuracy |')).toBe(task !== 'perplexity');
  });

  it('gives generated answers greedily and with beams, and refuses choices where there are none', async () => {
    const { scoring } = recipeOf('generated');
    const score = await scoreData(model, data, {
      task: 'generated',
      template: 'plain',
      scoring: { ...scoring, beams: 2 },
    });
    expect(score).toMatchObject({ task: 'generated', examples: 8 });
    const plain = readData(data.file, { prompt: 'question', answer: 'choices' });
    await expect(scoreData(model, plain, { ...recipeOf('choice') })).rejects.toThrowError(
      /example 1 has no options/,
    );
  });

  it('counts what the context does not hold; of answers that are written, by the prompt alone', async () => {
    const long = 'Tom has stamps . '.repeat(20);
    const json = (rows: object) => bytesSource('rows.json', new TextEncoder().encode(JSON.stringify(rows)));
    const [tom, ann] = questions.map(({ question }) => question);
    const rows = [
      { question: tom, answer: '1' },
      { question: ann, answer: long },
      { question: long, answer: '1' },
    ];
    const mixed = readData(await openData(json(rows)));
    expect(await scoreData(model, mixed, recipeOf('exact'))).toMatchObject({ examples: 1, tooLong: 2 });
    const generated = recipeOf('generated');
    expect(await scoreData(model, mixed, generated)).toMatchObject({ examples: 2, tooLong: 1 });
    // A context that is no longer than the answers may be still has room for prompts.
    const scoring = { ...generated.scoring, answerTokens: 64 };
    expect(await scoreData(model, mixed, { ...generated, scoring })).toMatchObject({ examples: 2 });
    const none = readData(await openData(json([rows[2]!])));
    await expect(scoreData(model, none, generated)).rejects.toThrowError(
      /longer than 64 tokens, with 4 for the answer/,
    );
  });

  it('shows the tokens of each template', () => {
    const recipe = recipeOf('choice');
    const [first] = previewTokens(data, model, recipe);
    expect(first).toMatchObject({
      fate: 'used',
      options: [{ text: 'A' }, { text: 'B', right: true }, { text: 'C' }],
    });
    const text = first!.tokens.map((token) => token.text).join('');
    expect(text.replaceAll(/\s/g, '')).toMatch(/^<s>tomhas1stamps\.howmany\?/);
    const [chat] = previewTokens(data, model, { ...recipe, template: 'chat' });
    const ids = chat!.tokens.map(({ id }) => id);
    expect(ids.filter((id) => id === 2)).toHaveLength(1);
    // What the user says and what the assistant says each end with the end token.
    expect(ids.filter((id) => id === 3)).toHaveLength(2);
    expect(chat!.tokens.at(-1)).toMatchObject({ id: 3, special: true });
    expect(previewTokens(data, model, { ...recipe, maxLength: 4 })[0]?.fate).toBe('left-out');
  });

  it('reads recipes from before templates and tasks as they were', () => {
    const { template: _template, scoring: _scoring, ...old } = presets.lora.recipe('exact');
    expect(recipeSchema.parse(old)).toEqual(presets.lora.recipe('exact'));
  });
});
