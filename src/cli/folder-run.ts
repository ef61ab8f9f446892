import { mkdir } from 'node:fs/promises';
import type { FileSource } from '../formats/source.ts';
import { PareError } from '../lib/assert.ts';
import { RunControl } from '../recipes/control.ts';
import { runToEnd, searchHere, type EngineOptions } from '../recipes/engine.ts';
import { loadModel } from '../recipes/model.ts';
import { provenExport } from '../recipes/proof.ts';
import type { FinishedRun } from '../recipes/run.ts';
import { SessionKeeper, type SaveSession, type Trouble } from '../recipes/session-keeper.ts';
import type { Checkpoint } from '../session/checkpoint.ts';
import type { Proof, SessionEvent } from '../session/events.ts';
import { appendToLog } from '../session/log.ts';
import { proofText } from '../session/proofText.ts';
import { viewOf } from '../session/reduce.ts';
import { writeSavedSession } from '../session/saved-session.ts';
import { reasonOf } from '../storage/errors.ts';
import type { Folder } from '../storage/folder.ts';
import { numberOf, type Flags } from './arguments.ts';
import type { Devices } from './devices.ts';
import { eventLines } from './event-lines.ts';
import { nodeStorage } from './node-storage.ts';
import { sessionName } from './session-input.ts';

export interface FolderRun extends Pick<
  EngineOptions,
  'recipe' | 'model' | 'data' | 'tests' | 'from' | 'like'
> {
  readonly flags: Flags;
  readonly devices: Devices;
  /** What the model was loaded from: it is loaded again where its device is lost. */
  readonly files: readonly FileSource[];
  /** Where the run is kept; null: nowhere. */
  readonly out: string | null;
}

/** A run that came to its end, and what it left. */
export interface RunInFolder {
  readonly finished: FinishedRun;
  /** Grows with what is done with the finished run. */
  readonly log: readonly SessionEvent[];
  readonly checkpoint: Checkpoint | null;
  readonly folder: Folder | null;
}

/**
 * Runs a recipe, or goes on with a run. Its session file in the folder is written as it goes on, so that it can be
 * continued whenever the process ends; a signal to end stops it in good order.
 */
export async function runInFolder({ flags, devices, files, out, ...run }: FolderRun): Promise<RunInFolder> {
  const interval = checkpointInterval(flags);
  const folder = out === null ? null : await openFolder(out);
  const from = run.from?.checkpoint ?? null;
  const keeper = folder && new SessionKeeper({ save: sessionIn(folder), from, onTrouble: warn, interval });
  const say = flags.json ? () => undefined : eventLines(from?.log);
  const log: SessionEvent[] = [];
  let checkpoint = from;
  const control = new RunControl();
  const forget = stopOnSignal(control);
  try {
    const finished = await runToEnd({
      ...run,
      control,
      search: searchHere,
      onEvent(event) {
        if (event.type === 'started') log.length = 0;
        appendToLog(log, [event]);
        keeper?.hear(event);
        say(event);
      },
      onCheckpoint(newest) {
        checkpoint = newest;
        keeper?.offer(newest);
      },
      reopen: async () => loadModel(await devices.reopen(), files),
      ...(interval === undefined ? {} : { checkpointInterval: interval }),
    });
    if (finished) return { finished, log, checkpoint, folder };
    const remedy = out === null ? 'Start it again.' : `Go on with it: npm run -s pare -- continue ${out} …`;
    throw new PareError('stopped', 'The run was stopped.', remedy);
  } finally {
    forget();
    await keeper?.flush();
  }
}

/** Session, results, proof and model of a finished run, in its folder. */
export async function exportRun({ finished, log, checkpoint, folder }: RunInFolder): Promise<void> {
  if (!folder) return;
  const save = sessionIn(folder);
  // Before the export as well: nothing that was measured may be lost to what comes after.
  await saveResults(folder, log, null);
  const { files, proof } = await provenExport(finished, viewOf(log).results);
  await save(log, checkpoint);
  await saveResults(folder, log, proof);
  for (const { name, stream } of files) await folder.write(`model/${name}`, stream);
  if (!proof || proof.holds) return;
  const remedy = 'Do not use this export: results.json tells what differs. Please report it.';
  throw new PareError('proof-failed', proofText(proof), remedy);
}

async function saveResults(folder: Folder, log: readonly SessionEvent[], proof: Proof | null): Promise<void> {
  const { metric, results } = viewOf(log);
  const text = `${JSON.stringify({ metric, rows: results, proof }, null, 2)}\n`;
  await folder.write('results.json', new TextEncoder().encode(text));
}

const sessionIn =
  (folder: Folder): SaveSession =>
  (log, checkpoint) =>
    folder.write(sessionName, writeSavedSession({ log, checkpoint }).stream);

/** Before anything runs: a run that cannot be kept is better not begun. */
async function openFolder(out: string): Promise<Folder> {
  try {
    await mkdir(out, { recursive: true });
  } catch (cause) {
    throw new PareError(
      'out-denied',
      `There can be no folder ${out}: ${reasonOf(cause)}.`,
      'Choose another one with --out.',
    );
  }
  return nodeStorage(out);
}

function checkpointInterval(flags: Flags): number | undefined {
  const bounds = { least: 0, most: 86_400, whole: false };
  const seconds = numberOf('checkpoint-every', flags['checkpoint-every'], bounds);
  return seconds === undefined ? undefined : seconds * 1000;
}

const warn = ({ message, remedy }: Trouble): void =>
  void process.stderr.write(`${message}\n${remedy ?? ''}\n`);

/** Ctrl-C stops the run at its next checkpoint; a second one ends the process at once. */
function stopOnSignal(control: RunControl): () => void {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const stop = () => {
    forget();
    process.stderr.write('Stopping …\n');
    control.stop();
  };
  const forget = () => signals.forEach((signal) => process.off(signal, stop));
  for (const signal of signals) process.on(signal, stop);
  return forget;
}
