/**
 * JSON from outside. `JSON.parse` keeps the last of two equal keys, and its messages do not always say where
 * it stopped; both matter for files that a person has to repair.
 */
import type { z } from 'zod';
import { PareError } from '../lib/assert.ts';

/** Keys that reach an object's prototype when copied carelessly. No honest file uses them. */
const dangerous: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Many times what any honest file has; what walks through values, `JSON.stringify` too, recurses. */
const mostNesting = 512;

export interface JsonProblem {
  /** Position in the text, in UTF-16 units. */
  readonly offset: number;
  readonly problem: string;
}

/**
 * Parses JSON; syntax errors, repeated keys, dangerous keys and endless nesting are named with file, line and column. `keys: 'any'` is
 * for files whose keys are words (a vocabulary has "constructor" in it): they are only read through `Object.entries`.
 */
export function parseJson(text: string, file: string, keys: 'sound' | 'any' = 'sound'): unknown {
  const found = new JsonScanner(text, keys === 'any', mostNesting).scan();
  if (!found) return JSON.parse(text);
  const { line, column } = positionOf(text, found.offset);
  throw new PareError(
    'json-malformed',
    `${file}, line ${line}, column ${column}: ${found.problem}.`,
    'Repair the file, or download it again.',
    { line, column, offset: found.offset },
  );
}

/** Checks `value` with a zod schema; the first thing wrong is named by file and field. */
export function checked<T>(schema: z.ZodType<T>, value: unknown, file: string, remedy: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.map(String).join('.') || 'the top level';
  throw new PareError('file-invalid', `${file}: ${field}: ${issue?.message ?? 'not as expected'}.`, remedy, {
    file,
    field,
  });
}

/** 1-based line and column of a position in a text. */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let i = text.indexOf('\n'); i !== -1 && i < offset; i = text.indexOf('\n', i + 1)) {
    line++;
    start = i + 1;
  }
  return { line, column: offset - start + 1 };
}

const space = /[ \t\n\r]*/y;
// Unrolled: a plain alternation inside a star would need stack for every character.
const string = /"[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\uffff]*)*"/y;
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Finds the first syntax error, repeated key or dangerous key; null where there is none. Does not recurse. */
export function scanJson(text: string, keys: 'sound' | 'any' = 'sound'): JsonProblem | null {
  return new JsonScanner(text, keys === 'any').scan();
}

/** Checks a key (in its quotes) against the ones before it, and remembers it. */
function problemOfKey(quoted: string, keys: Set<string>): string | null {
  const key = JSON.parse(quoted) as string;
  if (keys.has(key)) return `the key ${quoted.slice(0, 200)} comes twice`;
  if (dangerous.has(key)) return `the key ${quoted} is not allowed`;
  keys.add(key);
  return null;
}

class JsonScanner {
  readonly #text: string;
  readonly #anyKeys: boolean;
  readonly #mostNesting: number;
  #at = 0;
  /** Open containers: the keys seen so far for an object, null for an array. */
  readonly #open: (Set<string> | null)[] = [];

  constructor(text: string, anyKeys: boolean, nesting = Infinity) {
    this.#text = text;
    this.#mostNesting = nesting;
    this.#anyKeys = anyKeys;
  }

  scan(): JsonProblem | null {
    for (;;) {
      const problem = this.#value();
      if (problem) return problem;
      if (this.#open.length === 0) break;
    }
    this.#match(space);
    return this.#at === this.#text.length ? null : this.#fail('there is something after the end');
  }

  /** One value (or the opening of a container), and every closing bracket and comma after it. */
  #value(): JsonProblem | null {
    this.#match(space);
    const opening = this.#text[this.#at];
    if (opening === '{' || opening === '[') {
      this.#at++;
      this.#open.push(opening === '{' ? new Set() : null);
      if (this.#open.length > this.#mostNesting)
        return this.#fail(`lists and objects are nested more than ${this.#mostNesting} deep`);
      return this.#closes() ? this.#after() : this.#key();
    }
    if (this.#match(opening === '"' ? string : scalar) === '') {
      return this.#fail(opening === undefined ? 'the text ends too early' : 'a value was expected');
    }
    return this.#after();
  }

  /** Consumes closing brackets up to a comma or the end of the text. */
  #after(): JsonProblem | null {
    while (this.#open.length > 0) {
      if (this.#closes()) continue;
      if (this.#text[this.#at] === ',') {
        this.#at++;
        return this.#key();
      }
      const ends = this.#at >= this.#text.length;
      return this.#fail(ends ? 'the text ends too early' : 'a comma or a closing bracket was expected');
    }
    return null;
  }

  /** Consumes the closing bracket of the innermost container, if it is next. */
  #closes(): boolean {
    this.#match(space);
    if (this.#text[this.#at] !== (this.#open.at(-1) ? '}' : ']')) return false;
    this.#at++;
    this.#open.pop();
    return true;
  }

  /** Inside an object: a key and its colon. */
  #key(): JsonProblem | null {
    const keys = this.#open.at(-1);
    if (!keys) return null;
    this.#match(space);
    const start = this.#at;
    const quoted = this.#match(string);
    if (quoted === '') return this.#fail('a key in double quotes was expected');
    const problem = this.#anyKeys ? null : problemOfKey(quoted, keys);
    if (problem) return { offset: start, problem };
    this.#match(space);
    if (this.#text[this.#at] !== ':') return this.#fail('a colon was expected');
    this.#at++;
    return null;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #fail(problem: string): JsonProblem {
    return { offset: this.#at, problem };
  }
}
