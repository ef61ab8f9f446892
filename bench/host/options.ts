import { parseArgs } from 'node:util';
import type { AdapterName } from '../protocol.ts';
import { sections } from '../sections.ts';

export interface Options {
  readonly rounds: number;
  /** Names of the sections to measure, in the order of the list. */
  readonly sections: readonly string[];
  readonly timestamps: boolean;
  /** Seconds that a section may take: one that hangs must not take the others with it. */
  readonly limit: number;
  readonly adapter: AdapterName;
  /** Rows printed a group. */
  readonly top: number;
  readonly json: boolean;
  /** Where the JSON goes as well, section by section. */
  readonly out: string | null;
}

export const help = `npm run bench -- [options]
  --only A,B        these sections (below) instead of all
  --rounds N        measurements of each thing (default 7)
  --adapter NAME    default: the browser's own; llvmpipe: Mesa through the browser's GLES backend, fewer sections
  --no-peers        without the sections that compare with tfjs, onnxruntime-web and jax-js (nothing is installed)
  --limit N         seconds that a section may take (default 400)
  --no-timestamps   time repeated dispatches, as on devices without timestamps
  --top N           rows printed a group (default 16; --json has all)
  --json            results as JSON on stdout, the tables on stderr
  --out FILE        the same JSON into a file, as far as it has come; sections of it that are not measured now stay
  --help
sections (* with peers):
  ${sections.map(({ name, peers }) => `${name}${peers ? '*' : ''}`).join(', ')}`;

export function readOptions(args: readonly string[]): Options | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      rounds: { type: 'string', default: '7' },
      adapter: { type: 'string', default: 'default' },
      top: { type: 'string', default: '16' },
      limit: { type: 'string', default: '400' },
      'no-peers': { type: 'boolean', default: false },
      'no-timestamps': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  return {
    rounds: count(values.rounds, '--rounds'),
    top: count(values.top, '--top'),
    limit: count(values.limit, '--limit'),
    sections: wanted(
      values.only?.split(',') ?? null,
      !values['no-peers'],
      adapterNamed(values.adapter) === 'llvmpipe',
    ),
    adapter: adapterNamed(values.adapter),
    timestamps: !values['no-timestamps'],
    json: values.json,
    out: values.out ?? null,
  };
}

function wanted(only: readonly string[] | null, peers: boolean, llvmpipe: boolean): string[] {
  const unknown = only?.find((name) => !sections.some((section) => section.name === name));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: no such section; see --help.`);
  const usual = sections.filter((section) => !llvmpipe || section.llvmpipe);
  const chosen = only ? sections.filter(({ name }) => only.includes(name)) : usual;
  return chosen.filter((section) => peers || !section.peers).map(({ name }) => name);
}

function adapterNamed(name: string): AdapterName {
  if (name !== 'default' && name !== 'llvmpipe')
    throw new Error(`--adapter takes default or llvmpipe, not ${name}.`);
  return name;
}

function count(text: string, option: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 10_000)
    throw new Error(`${option} takes a whole number from 1 to 10,000, not ${text}.`);
  return value;
}
