import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { Random } from '../src/lib/random.ts';
import { viewOf } from '../src/session/reduce.ts';
import { withSession } from '../src/cli/session-input.ts';
import { essenceOf, runKilled, runWhole } from './kills.ts';
import { demoInputs, subjectOf } from './subjects.ts';
import { tinyInputs } from './tiny.ts';

const defaults = {
  kills: { type: 'string', default: '100' },
  each: { type: 'string', default: '10' },
  seed: { type: 'string', default: '1' },
  recipe: { type: 'string', multiple: true },
  device: { type: 'string', default: 'webgpu' },
  tiny: { type: 'boolean', default: false },
  script: { type: 'string', default: 'dist-cli/main.js' },
} as const;

/** `npm run soak`: runs are killed again and again, and must end as if they had not been. Gives the exit status. */
export async function main(argv: string[]): Promise<number> {
  const { values } = parseArgs({ args: argv, options: defaults });
  const [wanted, each] = [Number(values.kills), Number(values.each)];
  const random = new Random(Number(values.seed));
  const recipes = values.recipe ?? ['lonas', 'sqft-qa-sparsepeft'];
  const root = mkdtempSync(join(tmpdir(), 'pare-soak-'));
  const sums = { kills: 0, writing: 0, runs: 0, missed: 0, different: 0 };
  const began = Date.now();
  const inputs = values.tiny ? await tinyInputs(root) : demoInputs(values.device);
  for (const [index, recipe] of recipes.entries()) {
    const subject = subjectOf(recipe, inputs, values.script);
    const whole = await runWhole(subject, join(root, 'whole'));
    const expected = await essenceOf(join(root, 'whole'));
    const device = await deviceOf(join(root, 'whole'));
    say(`${recipe} on ${device}: ${seconds(whole.milliseconds)} s when nobody interrupts it`);
    const share = Math.round((wanted * (index + 1)) / recipes.length);
    while (sums.kills < share) {
      const kills = Math.min(each, share - sums.kills);
      const folder = join(root, 'killed');
      const { lives, missed } = await runKilled(subject, folder, whole, { kills, random });
      const differs = differences(expected, await essenceOf(folder));
      const writing = lives.filter((life) => life.writing).length;
      sums.kills += lives.length;
      sums.writing += writing;
      sums.missed += missed;
      sums.runs++;
      if (differs.length > 0) sums.different++;
      const outcome = differs.length > 0 ? `DIFFERENT: ${differs.join(', ')} (${folder})` : 'the same';
      const place = lives.map((life) => (life.lines.at(-1)?.text ?? 'start').slice(0, 24).trim()).join(' | ');
      say(`  ${lives.length} kills, ${writing} into a write, ${missed} too late: ${outcome}   [${place}]`);
      if (differs.length > 0) break;
    }
  }
  const { kills, writing, runs, missed, different } = sums;
  say(
    `${kills} kills (${writing} into a write; ${missed} came too late) in ${runs} runs, ${seconds(Date.now() - began)} s: ${different} of them ended differently.`,
  );
  if (different === 0) rmSync(root, { recursive: true, force: true });
  return different === 0 ? 0 : 1;
}

const differences = (expected: Record<string, unknown>, found: Record<string, unknown>): string[] =>
  Object.keys(expected).filter((key) => !isDeepStrictEqual(expected[key], found[key]));

const deviceOf = (folder: string) =>
  withSession(folder, async ({ log }) => {
    const { device } = viewOf(log);
    return `${device?.adapter} (${device?.kernels})`;
  });

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(0);
const say = (text: string): void => void process.stdout.write(`${text}\n`);
