/** A row of a table as a question with its answer, before a template makes a text of it. */

/** How a written answer is compared with the right one (METHODS §12: the published extraction of each data set). */
export type AnswerCheck =
  /** The whole text. */
  | { readonly kind: 'text'; readonly gold: string }
  /** The last number, within a thousandth. */
  | { readonly kind: 'number'; readonly gold: string }
  /** The number after `####`, else the last one. */
  | { readonly kind: 'gsm8k'; readonly gold: string }
  /** The first of these words that occurs. */
  | { readonly kind: 'word'; readonly gold: string; readonly words: readonly string[] };

export interface Item {
  /** All that is asked, with the options where they belong to the question. */
  readonly question: string;
  /** What the question is about, where the file keeps it apart (Alpaca's `input`); else empty. */
  readonly input: string;
  /** The prompt that the data set was published with. */
  readonly prompt: string;
  /** White space around it as in the file. */
  readonly answer: string;
  /** The answers to choose from, and which of them is right; null where there is no choice. */
  readonly options: readonly string[] | null;
  readonly correct: number;
  readonly check: AnswerCheck;
  /** Line (or row) of the file, for errors. */
  readonly line: number;
}

/** The check for a data set of which nothing is known: `####` and plain numbers tell what they are. */
export function checkOf(answer: string): AnswerCheck {
  const marked = /####\s*(.+)$/s.exec(answer)?.[1];
  if (marked !== undefined && isNumber(marked)) return { kind: 'gsm8k', gold: marked.trim() };
  const gold = answer.trim();
  return isNumber(gold) ? { kind: 'number', gold } : { kind: 'text', gold };
}

/** A number as word problems write it: 1,200 and $5.00 too. */
export const isNumber = (text: string): boolean => /^-?\$?\d[\d,]*(\.\d+)?$/.test(text.trim());

/**
 * The Alpaca prompt, which LLM-Adapters, LoNAS and Shears train on. (Their source indents the lines of the text by 16
 * or 20 blanks; that accident is left out.)
 */
export function alpacaPrompt(instruction: string, input: string): string {
  const context = input === '' ? '' : ', paired with an input that provides further context';
  const given = input === '' ? '' : `### Input:\n${input}\n\n`;
  return (
    `Below is an instruction that describes a task${context}. ` +
    'Write a response that appropriately completes the request.\n\n' +
    `### Instruction:\n${instruction}\n\n${given}### Response:\n`
  );
}

/** Options as lines `A. …`, the letters as in the file where it has some. */
export const listed = (options: readonly string[], labels: readonly string[] = letters): string =>
  options.map((option, i) => `${labels[i] ?? i + 1}. ${option}`).join('\n');

export const letters: readonly string[] = 'ABCDEFGHIJ'.split('');
