import type { Refuse } from './checkLog.ts';
import { integer } from './format.ts';

/** Sessions nest six deep. */
const mostDepth = 64;
/** Lists, objects and their keys: each costs some fifty bytes of memory for a few of text. */
const mostContainers = 2_500_000;
const forbidden = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * JSON from outside. What would need far more memory than its text is refused before it is parsed; so are, afterwards,
 * keys that could reach a prototype if anybody ever merged the objects.
 */
export function parseJson(text: string, refuse: Refuse): unknown {
  const { depth, containers } = shapeOf(text);
  if (depth > mostDepth)
    throw refuse('invalid', `holds data nested ${integer(depth)} deep, which no session has`);
  if (containers > mostContainers) {
    throw refuse(
      'invalid',
      `holds ${integer(containers)} lists, objects and keys, more than any session needs`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse('damaged', 'does not hold readable data');
  }
  const key = findForbidden(value);
  if (key === null) return value;
  throw refuse('invalid', `holds the key “${key}”, which no session has`);
}

const colon = 58;
const [quote, backslash, openList, closeList, openObject, closeObject] = [34, 92, 91, 93, 123, 125];

/** How deep a JSON text nests and how many lists, objects and keys it has; of text that is not JSON, a guess. */
function shapeOf(text: string): { depth: number; containers: number } {
  let [open, depth, containers] = [0, 0, 0];
  let inText = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inText) {
      if (code === backslash) at++;
      else if (code === quote) inText = false;
    } else if (code === quote) inText = true;
    else if (code === openList || code === openObject) {
      containers++;
      open++;
      if (open > depth) depth = open;
    } else if (code === colon) containers++;
    else if (code === closeList || code === closeObject) open--;
  }
  return { depth, containers };
}

/** Without recursion; `JSON.parse` makes `__proto__` a key like any other, so it is seen here. */
function findForbidden(value: unknown): string | null {
  const open = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (next === null || typeof next !== 'object') continue;
    const items: readonly unknown[] = Array.isArray(next) ? next : Object.values(next);
    const found = Array.isArray(next) ? undefined : Object.keys(next).find((key) => forbidden.has(key));
    if (found !== undefined) return found;
    for (const each of items) if (each !== null && typeof each === 'object') open.push(each);
  }
  return null;
}
