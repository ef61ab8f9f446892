import { batchShape, type BatchShape } from '../datasets/batches.ts';
import type { Example } from '../datasets/data.ts';
import { splitExamples, type Split } from '../datasets/split.ts';
import { optionsOf } from '../evaluation/choice.ts';
import type { ScoredSet } from '../evaluation/scorer.ts';
import { Random } from '../lib/random.ts';
import type { DataInfo } from '../session/events.ts';
import { mostLength, type Recipe } from '../session/recipe.ts';
import {
  readingOf,
  evaluationShapeOf,
  requireTokenizer,
  tokenizeAll,
  type LoadedData,
} from './loaded-data.ts';
import type { LoadedModel } from './model.ts';
import { prepareTestSet, type TestSet } from './test-set.ts';

/** Tokenised and split, with the shapes of its batches. */
export interface PreparedData {
  readonly split: Split<Example>;
  readonly trainShape: BatchShape;
  /** Of validation and test. */
  readonly evaluationShape: BatchShape;
  readonly validation: ScoredSet;
  readonly test: ScoredSet;
  /** Further data sets that are only tested on. */
  readonly tests: readonly TestSet[];
  readonly info: DataInfo;
}

/** Splits by the recipe's seed; `tooLong` examples are left out and counted. Running text is cut instead. */
export function prepareData(
  data: LoadedData,
  model: Pick<LoadedModel, 'tokenizer' | 'config'>,
  recipe: Recipe,
  further: readonly LoadedData[] = [],
): PreparedData {
  const {
    tokenizer,
    config: { vocabSize, maxPositions },
  } = model;
  const maxLength = Math.min(recipe.maxLength, maxPositions);
  const { examples, tooLong } = tokenizeAll(data, requireTokenizer(tokenizer), {
    ...recipe,
    maxLength,
    raisableTo: Math.min(mostLength, maxPositions),
  });
  const random = new Random(recipe.seed).split('split');
  const split = splitExamples(
    examples,
    heldOut(recipe.split, examples.length),
    (example) => example.prompt || example.answer,
    random,
  );
  const examplesOfAll = [...split.train, ...split.validation, ...split.test];
  // Calibration runs examples in the shape in which options are scored.
  const all = recipe.task === 'choice' ? [...examplesOfAll, ...optionsOf(examplesOfAll)] : examplesOfAll;
  const loss = recipe.training.loss;
  const scored = recipe.task === 'perplexity' && data.content?.kind === 'documents' ? 'all' : 'answer';
  const evaluationShape = evaluationShapeOf(all, scored, vocabSize);
  const seen = [...split.train, ...split.validation];
  const names = distinctNames(further.map(({ file }) => file.name.slice(0, 190)));
  const tests = further.map((set, index) => prepareTestSet(names[index]!, set, model, recipe, seen));
  return {
    split,
    tests,
    trainShape: batchShape(split.train, recipe.training.batch, loss),
    evaluationShape,
    validation: { examples: split.validation, shape: evaluationShape },
    test: { examples: split.test, shape: evaluationShape },
    info: {
      name: data.file.name.slice(0, 200),
      sha256: data.file.sha256,
      bytes: data.file.bytes,
      train: split.train.length,
      validation: split.validation.length,
      test: split.test.length,
      tooLong,
      ...readingOf(data),
      tests: tests.map((set) => set.info),
    },
  };
}

/** Held-out parts as the recipe says, but never more than a fifth (validation) and a third (test) of a small data set. */
function heldOut({ validation, test }: Recipe['split'], examples: number): Recipe['split'] {
  return {
    validation: Math.max(1, Math.min(validation, Math.floor(examples / 5))),
    test: Math.max(1, Math.min(test, Math.floor(examples / 3))),
  };
}

/** Two files may have one name: `test.json`, `test.json (2)`. */
function distinctNames(names: readonly string[]): string[] {
  return names.map((name, index) => {
    const before = names.slice(0, index).filter((other) => other === name).length;
    return before === 0 ? name : `${name} (${before + 1})`;
  });
}
