import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PareError } from '../lib/assert.ts';
import { checked, parseJson, positionOf, scanJson } from './json.ts';

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('scanJson', () => {
  it('accepts what JSON.stringify writes', () => {
    fc.assert(
      fc.property(
        fc.json(),
        (text) => (scanJson(text)?.problem ?? '').startsWith('the key') || scanJson(text) === null,
      ),
    );
  });

  it('agrees with JSON.parse about damaged texts', () => {
    const damagedJson = fc
      .tuple(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', '"', '{', '}', '[', ']', ',', ':', '\\', '\n', '1', '-', 'e', '\u0001'),
      )
      .map(
        ([text, at, piece]) =>
          text.slice(0, at % (text.length + 1)) + piece + text.slice((at % (text.length + 1)) + 1),
      );
    fc.assert(
      fc.property(damagedJson, (text) => {
        const found = scanJson(text);
        if (!found?.problem.startsWith('the key')) expect(found === null, text).toBe(parses(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('finds the place', () => {
    expect(scanJson('{"a": 1,}')).toEqual({ offset: 8, problem: 'a key in double quotes was expected' });
    expect(scanJson('[1, 2')).toEqual({ offset: 5, problem: 'the text ends too early' });
    expect(scanJson('[1 2]')?.offset).toBe(3);
    expect(scanJson('[] x')?.offset).toBe(3);
    expect(scanJson('')?.offset).toBe(0);
    expect(scanJson('{"a" 1}')?.problem).toContain('colon');
  });

  it('finds repeated and dangerous keys, at any depth', () => {
    expect(scanJson('{"a":{"b":1},"c":[{"b":1,"b":2}]}')?.problem).toBe('the key "b" comes twice');
    expect(scanJson('{"a":1,"\\u0061":2}')?.offset).toBe(7);
    expect(scanJson('{"x":{"__proto__":1}}')?.problem).toContain('not allowed');
    expect(scanJson('{"a":{"b":1},"c":{"b":2}}')).toBeNull();
  });

  it('does not recurse, and takes long strings', () => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    expect(scanJson(deep)).toBeNull();
    expect(scanJson(`"${'é\\n'.repeat(2_000_000)}"`)).toBeNull();
  });
});

const broken = () => parseJson('{\n  "a": 1,\n  "b": x\n}', 'm/config.json');

describe('parseJson and checked', () => {
  it('names file, line and column', () => {
    expect(broken).toThrowError('m/config.json, line 3, column 8: a value was expected.');
    expect(broken).toThrowError(PareError);
    expect(positionOf('a\nb\nc', 4)).toEqual({ line: 3, column: 1 });
  });

  it('takes the words of a vocabulary as keys', () => {
    const vocabulary = '{"constructor": 1, "prototype": 2, "__proto__": 3, "a": 4}';
    expect(Object.entries(parseJson(vocabulary, 'tokenizer.json', 'any') as object).length).toBe(4);
    expect(() => parseJson(vocabulary, 'config.json')).toThrowError(/line 1, column 2/);
    expect(() => parseJson('{"a": }', 'tokenizer.json', 'any')).toThrowError(/line 1, column 7/);
  });

  it('names the field', () => {
    const schema = z.object({ a: z.object({ b: z.int() }) });
    expect(() => checked(schema, { a: { b: 'x' } }, 'f.json', 'r')).toThrowError(/^f\.json: a\.b: /);
    expect(() => checked(schema, 3, 'f.json', 'r')).toThrowError(/^f\.json: the top level: /);
    expect(checked(schema, { a: { b: 1 } }, 'f.json', 'r')).toEqual({ a: { b: 1 } });
  });
});
