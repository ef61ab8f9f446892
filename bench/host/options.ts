import { parseArgs } from 'node:util';

export interface Options {
  readonly rounds: number;
  readonly peers: boolean;
  readonly kernels: boolean;
  readonly timestamps: boolean;
  readonly demo: boolean;
  readonly json: boolean;
  /** Kernels printed a step. */
  readonly top: number;
}

export const help = `npm run bench -- [options]
  --rounds N        measurements of each thing (default 7)
  --top N           kernels printed a step (default 16; --json has all)
  --no-kernels      only the peers, and the demo where asked for
  --no-peers        without tfjs, onnxruntime-web and jax-js (nothing is installed)
  --no-timestamps   time repeated dispatches, as on devices without timestamps
  --demo            the demo in the studio, from pressing Run to Finished, as well
  --json            results as JSON on stdout, the tables on stderr
  --help`;

export function readOptions(args: readonly string[]): Options | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '7' },
      top: { type: 'string', default: '16' },
      'no-kernels': { type: 'boolean', default: false },
      'no-peers': { type: 'boolean', default: false },
      'no-timestamps': { type: 'boolean', default: false },
      demo: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  return {
    rounds: count(values.rounds, '--rounds'),
    top: count(values.top, '--top'),
    kernels: !values['no-kernels'],
    peers: !values['no-peers'],
    timestamps: !values['no-timestamps'],
    demo: values.demo,
    json: values.json,
  };
}

function count(text: string, option: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1000)
    throw new Error(`${option} takes a whole number from 1 to 1000, not ${text}.`);
  return value;
}
