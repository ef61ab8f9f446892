/** Lines of WGSL, one for each of `count` rows, columns or steps. */
export function each(count: number, line: (index: number) => string, separator = '\n'): string {
  return Array.from({ length: count }, (_, index) => line(index)).join(separator);
}
