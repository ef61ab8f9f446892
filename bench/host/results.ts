import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Results, Row, Spread } from '../protocol.ts';

/** These results, and the sections of the file that were not measured now. */
export function merged(file: string, results: Results): Results {
  if (!existsSync(file)) return results;
  const old = JSON.parse(readFileSync(file, 'utf8')) as Results;
  const measured = new Set(results.sections.map(({ name }) => name));
  const kept = old.sections.filter(({ name }) => !measured.has(name));
  return { ...results, sections: [...kept, ...results.sections] };
}

/** Numbers with four figures: more is noise, and the file is committed. */
export function writeResults(file: string, results: Results): void {
  const sections = results.sections.map((section) => ({ ...section, rows: section.rows.map(rounded) }));
  writeFileSync(file, `${JSON.stringify({ ...results, sections }, null, 1)}\n`);
}

function rounded(row: Row): Row {
  const { value, kernel } = row;
  return {
    ...row,
    value: spreadRounded(value),
    ...(kernel ? { kernel: { ...kernel, milliseconds: four(kernel.milliseconds) } } : {}),
  };
}

const spreadRounded = ({ median, low, high }: Spread): Spread => ({
  median: four(median),
  low: four(low),
  high: four(high),
});

const four = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(4)) : value);
