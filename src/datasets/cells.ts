/** Values of structured files as the texts of a table's cells, and back. */

/** A text as it is, null as nothing, anything else as JSON. */
export function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return '';
  return JSON.stringify(value, (_, held: unknown) => plain(held)) ?? '';
}

/** What JSON has no word for. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint8Array) return null;
  return ArrayBuffer.isView(value) && !(value instanceof DataView)
    ? Array.from(value as unknown as ArrayLike<unknown>)
    : value;
}

/**
 * Characters of a cell that is read by a loose pattern, at most: on a made-up text those take time with its square. No
 * honest list of options is near it.
 */
export const mostLoose = 2 ** 14;

/**
 * The texts that a cell lists: a JSON array, or what pandas writes for one into CSV (`['a', "b's"]`, with or without
 * commas); null where it is neither.
 */
export function listOf(cell: string): string[] | null {
  const text = cell.trim();
  if (!text.startsWith('[') || !text.endsWith(']')) return null;
  const values = jsonOf(text);
  if (Array.isArray(values)) return values.map(cellOf);
  if (text.length > mostLoose) return null;
  const quoted = [...text.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/g)];
  const rest = text.replaceAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/g, '');
  if (quoted.length === 0 || !/^\[[\s,]*\]$/.test(rest)) return null;
  return quoted.map(([, single, double]) => (single ?? double ?? '').replaceAll(/\\(.)/g, '$1'));
}

/** The named fields of a cell that is a JSON object; null where it is none. */
export function recordOf(cell: string): Record<string, unknown> | null {
  const value = jsonOf(cell);
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
