import { PareError } from '../lib/assert.ts';
import { markdownTable } from '../session/cells.ts';
import type { SessionEvent } from '../session/events.ts';
import { compact, duration, scoreText } from '../session/format.ts';
import { encodeLink } from '../session/link.ts';
import { viewOf } from '../session/reduce.ts';
import { readableRows, toMarkdown } from '../session/table.ts';
import type { Flags } from './arguments.ts';

const point = ({
  genome,
  macs,
  score,
}: {
  genome: readonly number[] | null;
  macs: number;
  score: number;
}) => ({ genome: genome ?? [], macs, accuracy: score });

/** What a run prints when it is over: the front and the results table, or, with `--json`, all that scripts go by. */
export const runOutcome = (log: readonly SessionEvent[], out: string, flags: Flags) =>
  flags.json ? summary(log, flags) : readable(log, out);

function readable(log: readonly SessionEvent[], out: string): string {
  const view = viewOf(log);
  const { front, metric, proof } = view;
  const end = log.find((event) => event.type === 'finished');
  const points = front.map(({ macs, score }) => [compact(macs), scoreText(score, metric)]);
  return [
    `The front after ${duration((end?.seconds ?? 0) * 1000)}, on the validation split:`,
    '',
    markdownTable(['MACs a token', metric === 'accuracy' ? 'Accuracy' : 'Perplexity'], points),
    'Results on the test split:',
    '',
    toMarkdown(readableRows(view), metric, proof),
    `The model is in ${out}/model. \`npm run -s pare -- report ${out} --out report.html\` draws the session, \`… link ${out}\` shares it.`,
    '',
  ].join('\n');
}

/** What `--json` prints of a run. */
function summary(log: readonly SessionEvent[], flags: Flags) {
  const evaluated = log.filter((event) => event.type === 'evaluated');
  const end = log.find((event) => event.type === 'finished');
  const { front, hypervolume } = viewOf(log);
  const heuristic =
    evaluated.find(({ tag }) => tag === 'heuristic') ?? evaluated.find(({ tag }) => tag === 'lora');
  return {
    front: front.map(point),
    heuristic: heuristic ? point(heuristic) : null,
    hypervolume: hypervolume.map((each) => each.hypervolume),
    link: linkOrNull(log, flags),
    seconds: end?.seconds ?? 0,
  };
}

/** The whole address that opens the session, on the site that `--base` or PARE_URL names. */
export function linkOf(
  log: readonly SessionEvent[],
  { base }: Flags,
): { link: string; notice: string | null } {
  const { fragment, notice } = encodeLink(log);
  return { link: `${base ?? process.env.PARE_URL ?? 'http://127.0.0.1:4173/'}${fragment}`, notice };
}

/** null where the session is too long for a link (the session file holds it all), which is said on standard error. */
export function linkOrNull(log: readonly SessionEvent[], flags: Flags): string | null {
  try {
    return linkOf(log, flags).link;
  } catch (error) {
    if (!(error instanceof PareError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return null;
  }
}
