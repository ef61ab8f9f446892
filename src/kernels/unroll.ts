/**
 * Writes loops of WGSL out: `for (var d = 0u; d < PARTS; d++) { … }` becomes its body PARTS times, with 0u, 1u, … for d,
 * where PARTS is one of `counts`. Compilers of software adapters, and some drivers, keep an array in registers only where
 * all of its indices are constants; WGSL as it stands in the file remains valid, and readable.
 */
export function unroll(code: string, counts: Readonly<Record<string, number>>): string {
  const head = /for \(var (\w+) = 0u; \1 < (\w+); \1\+\+\) \{/g;
  for (let match = head.exec(code); match; match = head.exec(code)) {
    const [text, variable, name] = match as unknown as [string, string, string];
    const count = counts[name];
    if (count === undefined) continue;
    const begin = match.index + text.length;
    const end = closingBrace(code, begin);
    const use = new RegExp(`\\b${variable}\\b`, 'g');
    const body = code.slice(begin, end);
    const copies = Array.from({ length: count }, (_, i) => `{${body.replace(use, `${i}u`)}}`);
    code = code.slice(0, match.index) + copies.join('\n') + code.slice(end + 1);
    head.lastIndex = match.index; // loops inside of the body come next
  }
  return code;
}

/** Index of the brace that closes the one before `from`. */
function closingBrace(code: string, from: number): number {
  let depth = 1;
  for (let at = from; at < code.length; at++) {
    if (code[at] === '{') depth++;
    if (code[at] === '}' && --depth === 0) return at;
  }
  throw new Error('unroll: a loop is not closed');
}
