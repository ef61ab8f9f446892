import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { cpu } from '../backends/cpu.testing.ts';
import { FaultyBackend } from '../backends/faults.testing.ts';
import { bytesSource, readAll } from '../formats/source.ts';
import { openZip } from '../formats/zip.ts';
import { PareError } from '../lib/assert.ts';
import type { SessionEvent } from '../session/events.ts';
import { appendToLog } from '../session/log.ts';
import { reproductionOf } from '../session/reproduction.ts';
import { viewOf } from '../session/reduce.ts';
import { openSavedSession } from '../session/saved-session.ts';
import type { LibraryOptions, SessionLibrary } from '../storage/library.ts';
import { memoryFolder } from '../storage/memory-folder.ts';
import { createLibrary } from '../storage/session-library.ts';
import { searchHere } from './engine.ts';
import { shortRecipe } from './resume.testing.ts';
import type { Trouble } from './session-keeper.ts';
import { Studio } from './studio.ts';
import { fewProblems, tinyModel } from './tiny-model.testing.ts';

const recipe = shortRecipe('lonas', { baseline: false });

async function studioWith(library: SessionLibrary): Promise<Studio> {
  const studio = new Studio({
    backend: cpu,
    search: searchHere,
    library,
    checkpointInterval: 0,
  });
  await studio.openModel(await tinyModel());
  await studio.openData(fewProblems(24));
  return studio;
}

/** A log as the page keeps it. */
function listener() {
  const log: SessionEvent[] = [];
  const onEvent = (event: SessionEvent) => {
    if (event.type === 'started') log.length = 0;
    appendToLog(log, [event]);
  };
  return { log, onEvent };
}

async function weightsOf(studio: Studio): Promise<Uint8Array> {
  const { stream } = await studio.exportModel();
  const zip = bytesSource('export.zip', new Uint8Array(await new Response(stream).arrayBuffer()));
  const file = (await openZip(zip)).find(({ name }) => name === 'model.safetensors')!;
  return readAll(file, 2 ** 26);
}

const fewLines = (count: number) =>
  readFileSync('public/demo/data/problems.jsonl', 'utf8')
    .split('\n')
    .slice(100, 100 + count)
    .map((line) => JSON.parse(line) as { question: string; answer: string });

describe('a lost device', () => {
  it('is replaced when the next action comes, with what was finished on it, and nobody is told of the old log', async () => {
    const { log, onEvent } = listener();
    const faulty = new FaultyBackend(cpu, {});
    const backends = [cpu, cpu];
    let opened = 0;
    const studio = new Studio({
      backend: faulty,
      reopen: () => Promise.resolve(backends[opened++]!),
      search: searchHere,
    });
    await studio.openModel(await tinyModel());
    await studio.openData(fewProblems(24));
    await studio.run(recipe, { onEvent });
    const before = [...log];
    faulty.lose();
    await new Promise((resolve) => setTimeout(resolve));
    expect((await studio.score(recipe, () => undefined)).examples).toBe(24);
    expect([log, opened]).toEqual([before, 1]);
    await studio.choose(viewOf(log).front[0]!.genome!);
    expect(viewOf(log).results.filter(({ tag }) => tag === 'chosen').length).toBeGreaterThan(0);
  });

  it('does not keep another model from being opened, though the old one is gone', async () => {
    const faulty = new FaultyBackend(cpu, {});
    const studio = new Studio({
      backend: faulty,
      reopen: () => Promise.resolve(cpu),
      search: searchHere,
    });
    let gone = false;
    const files = (await tinyModel()).map((file) => ({
      ...file,
      read: (...range: Parameters<typeof file.read>) =>
        gone ? Promise.reject(new Error('moved')) : file.read(...range),
    }));
    await studio.openModel(files);
    await studio.openData(fewProblems(24));
    gone = true;
    faulty.lose();
    await new Promise((resolve) => setTimeout(resolve));
    await expect(studio.score(recipe, () => undefined)).rejects.toThrow('moved');
    await studio.openModel(await tinyModel());
    expect((await studio.score(recipe, () => undefined)).examples).toBe(24);
  });
});

describe('sessions of the studio', () => {
  let library: SessionLibrary;
  beforeEach(() => (library = createLibrary({ folder: memoryFolder() })));

  it('a stopped run is kept, and continued by another studio to the same end', async () => {
    const whole = listener();
    await (await studioWith(library)).run(recipe, { onEvent: whole.onEvent });
    const first = await studioWith(library);
    const begun = listener();
    await first.run(recipe, {
      session: 'one',
      onEvent: (event) => {
        begun.onEvent(event);
        if (event.type === 'evaluated' && event.tag === 'minimal') first.stop();
      },
    });
    expect(begun.log.at(-1)?.type).toBe('stopped');
    expect(await library.about('one')).toMatchObject({ state: 'run', status: 'stopped', method: 'lonas' });

    const second = await studioWith(library);
    const rest = listener();
    await second.continueSession('one', { onEvent: rest.onEvent });
    const [a, b] = [viewOf(whole.log), viewOf(rest.log)];
    expect(b.status).toBe('finished');
    expect([b.points, b.front, b.losses, b.chosen]).toEqual([a.points, a.front, a.losses, a.chosen]);
    expect(b.recoveries).toMatchObject([{ cause: 'reopened', exact: true }]);
    expect(await library.about('one')).toMatchObject({ state: 'finished', status: 'finished' });
  });

  it('a finished one is at hand again: to choose from, to ask, to export', async () => {
    const before = listener();
    const first = await studioWith(library);
    await first.run(recipe, { session: 'one', onEvent: before.onEvent });
    const other = viewOf(before.log).points.find(
      ({ genome }) => genome && String(genome) !== String(viewOf(before.log).chosen!.genome),
    )!;
    await first.choose(other.genome!);

    const second = await studioWith(library);
    const after = listener();
    await second.continueSession('one', { onEvent: after.onEvent });
    expect(viewOf(after.log)).toEqual(viewOf(before.log));
    expect(viewOf(after.log).chosen).toMatchObject({ genome: other.genome, by: 'user' });
    expect(await weightsOf(second)).toEqual(await weightsOf(first));
  });

  it('verifies: the same adapters give the same scores', async () => {
    const { log, onEvent } = listener();
    await (await studioWith(library)).run(recipe, { session: 'one', onEvent });
    const other = await studioWith(library);
    const progress: number[] = [];
    const scored = await other.verifySession('one', (done) => progress.push(done));
    const view = viewOf(log);
    expect(scored.length).toBeGreaterThanOrEqual(view.front.length);
    const { matches, exact } = reproductionOf(view, scored, { sameDevice: true, kind: 'scored again' });
    expect({ matches, exact }).toEqual({ matches: true, exact: true });
    expect(progress.at(-1)).toBe(scored.length);
    // Nothing of it is left that another run could trip over.
    await other.run(recipe, { onEvent: () => undefined });
  });

  it('keeps the proof of an export, and further test sets as they were read', async () => {
    const { log, onEvent } = listener();
    const lines = fewLines(12).map(({ question, answer }) => ({ question, alt: `${answer}!`, answer }));
    const tests = bytesSource(
      'more.jsonl',
      new TextEncoder().encode(lines.map((l) => JSON.stringify(l)).join('\n')),
    );
    const first = await studioWith(library);
    await first.addTest(tests, { prompt: 'question', answer: 'alt' });
    await first.run({ ...recipe, task: 'perplexity' }, { session: 'one', onEvent });
    const { stream } = await first.exportModel();
    await stream.cancel();
    expect(viewOf(log).proof).not.toBeNull();
    const again = listener();
    const second = await studioWith(library);
    await second.continueSession('one', { onEvent: again.onEvent });
    expect(viewOf(again.log).proof).toEqual(viewOf(log).proof);
    const { front, chosen } = viewOf(log);
    const other = front.find(({ index }) => index !== chosen!.index) ?? front[0]!;
    const rows: unknown[] = [];
    for (const [studio, events] of [
      [first, log],
      [second, again.log],
    ] as const) {
      await studio.choose(other.genome!);
      rows.push(viewOf(events).results.findLast(({ tag }) => tag === 'chosen')!.tests);
    }
    expect(rows[1]).toEqual(rows[0]);
  });

  it('a deleted session stays deleted, whatever is done with its run afterwards', async () => {
    const { log, onEvent } = listener();
    const studio = await studioWith(library);
    await studio.run(recipe, { session: 'one', onEvent });
    await library.remove('one');
    await studio.choose(viewOf(log).front[0]!.genome!);
    expect(await library.list()).toEqual([]);
  });

  it('scores what another search found', async () => {
    const { log, onEvent } = listener();
    const studio = await studioWith(library);
    await studio.run(recipe, { onEvent });
    const { front } = viewOf(log);
    const scored = await studio.scoreGenomes(
      front.map(({ genome }) => genome!),
      () => undefined,
    );
    expect(scored.map(({ macs, score }) => [macs, score])).toEqual(
      front.map(({ macs, score }) => [macs, score]),
    );
    await expect(studio.scoreGenomes([[99]], () => undefined)).rejects.toMatchObject({
      code: 'genome-length',
    });
  });

  it('takes in a session file, and refuses it with another model or other data', async () => {
    await (await studioWith(library)).run(recipe, { session: 'one', onEvent: () => undefined });
    const file = (await library.file('one'))!;
    const bytes = await readAll(file, 2 ** 26);
    const elsewhere = createLibrary({ folder: memoryFolder() });
    const studio = await studioWith(elsewhere);
    const { id, state } = await studio.importSession(bytesSource('x.pare', bytes));
    expect(state).toBe('finished');
    await studio.openData(fewProblems(23));
    await expect(studio.verifySession(id, () => undefined)).rejects.toMatchObject({
      code: 'session-other-data',
    });
    await studio.openModel(await tinyModel({ rms_norm_eps: 1e-3 }));
    await expect(studio.continueSession(id, { onEvent: () => undefined })).rejects.toMatchObject({
      code: expect.stringMatching(/^session-other-/) as string,
    });
  });

  it('goes on where nothing can be kept, and says so once', async () => {
    const full: SessionLibrary = {
      ...library,
      file: () => Promise.resolve(null),
      keep: () => Promise.reject(new Error('what no session needs is not copied')),
      save: () =>
        Promise.reject(new PareError('storage-full', 'The browser’s storage is full.', 'Delete sessions.')),
    };
    const troubles: Trouble[] = [];
    const { log, onEvent } = listener();
    const studio = await studioWith(full);
    await studio.run(recipe, { session: 'one', onEvent, onTrouble: (trouble) => troubles.push(trouble) });
    expect(viewOf(log).status).toBe('finished');
    expect(troubles.map(({ code }) => code)).toEqual(['storage-full']);
    const file = new Uint8Array(await new Response(await studio.sessionFile('one')).arrayBuffer());
    const saved = await openSavedSession(bytesSource('one.pare', file));
    expect(viewOf(saved.log)).toEqual(viewOf(log));
    expect(saved.checkpoint?.records.at(-1)?.key).toBe('finish');
  });

  it('says once why sessions, or copies of their files, are not kept', async () => {
    const codes = async (options: LibraryOptions) => {
      const troubles: Trouble[] = [];
      const studio = await studioWith(createLibrary(options));
      const onTrouble = (trouble: Trouble) => troubles.push(trouble);
      await studio.run(recipe, { session: 'one', onEvent: () => undefined, onTrouble });
      return troubles.map(({ code }) => code);
    };
    const room = () => Promise.resolve(0);
    expect(await codes({ folder: memoryFolder(), room })).toEqual(['input-not-kept']);
    expect(await codes({ folder: memoryFolder(), room, notice: 'Denied.' })).toEqual(['storage-denied']);
  });
});
