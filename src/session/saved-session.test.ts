import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openSafetensors } from '../formats/safetensors.ts';
import type { Checkpoint, SavedSession } from './checkpoint.ts';
import { readSessionFile, writeSessionFile } from './file.ts';
import { openSavedSession, writeSavedSession } from './saved-session.ts';
import { collect, contentsOf, fileOf, savedFixture, tensorFixture } from './saved-session.testing.ts';
import { logFixture, randomFixture } from './session.testing.ts';

const roundTrip = async (session: SavedSession) =>
  contentsOf(await openSavedSession(fileOf(await collect(writeSavedSession(session)))));

describe('a session file with a checkpoint', () => {
  it('gives back log, checkpoint, records and every tensor to the bit', async () => {
    const session = savedFixture();
    expect(await roundTrip(session)).toEqual(await contentsOf(session));
  });

  it('is the same bytes for the same session', async () => {
    expect(await collect(writeSavedSession(savedFixture()))).toEqual(
      await collect(writeSavedSession(savedFixture())),
    );
  });

  it('is a safetensors file that other software reads the adapters out of', async () => {
    const session = savedFixture();
    const store = await openSafetensors(fileOf(await collect(writeSavedSession(session))));
    const name = 'model.layers.0.mlp.up_proj.lora_A.weight';
    expect(store.entries.get(`partial/${name}`)).toMatchObject({ dtype: 'F32', shape: [4, 12] });
    expect(await store.read(`partial/${name}`)).toEqual(
      await session.checkpoint.partial?.tensors.get(name)?.read(),
    );
    expect(
      Array.from(store.entries.values(), ({ name: entry, dtype, shape }) => [entry, dtype, shape]),
    ).toEqual(
      expect.arrayContaining([
        ['1/model.layers.0.mlp.up_proj.mask', 'I32', [4, 3]],
        ['1/model.layers.0.mlp.up_proj.codes', 'U8', [5, 8]],
        ['1/model.layers.0.mlp.up_proj.scales', 'F16', [5, 3]],
        ['partial/model.layers.0.mlp.up_proj.lora_B.weight', 'BF16', [11]],
        ['partial/order', 'I32', [7]],
      ]),
    );
  });

  it('does not hold the log twice', async () => {
    const log = logFixture({ evaluations: 400, random: true });
    const none: Checkpoint = { log: [], records: [], partial: null };
    const without = writeSavedSession({ log, checkpoint: none }).size;
    const same = writeSavedSession({ log, checkpoint: { ...none, log: structuredClone(log) } }).size;
    expect(same).toBeLessThan(without + 200);
  });

  it('keeps a checkpoint whose log is not the beginning of the log', async () => {
    const session = savedFixture();
    const log = [...session.checkpoint.log];
    log.splice(5, 2, { type: 'paused', at: 2000 }, { type: 'resumed', at: 2001 });
    const other = { ...session, checkpoint: { ...session.checkpoint, log } };
    expect(await roundTrip(other)).toEqual(await contentsOf(other));
    const longer = { ...other, log: log.slice(0, 6) };
    expect(await roundTrip(longer)).toEqual(await contentsOf(longer));
    const empty = { ...session, checkpoint: { log: [], records: [], partial: null } };
    expect(await roundTrip(empty)).toEqual(await contentsOf(empty));
  });

  it('without a checkpoint is version 1, which opens as before', async () => {
    const log = logFixture();
    const bytes = await collect(writeSavedSession({ log, checkpoint: null }));
    expect(bytes).toEqual(writeSessionFile(log));
    expect(readSessionFile(bytes)).toEqual(log);
    expect(await openSavedSession(fileOf(bytes))).toEqual({ log, checkpoint: null });
  });

  it('reads and writes one tensor at a time', async () => {
    const next = randomFixture(1);
    let held = 0;
    let most = 0;
    const tensors = new Map(
      Array.from({ length: 20 }, (_, index) => {
        const tensor = tensorFixture({ dtype: 'f32', shape: [100, 100] }, next);
        const read = async () => {
          most = Math.max(most, ++held);
          return tensor.read();
        };
        return [`t${index}`, { ...tensor, read }];
      }),
    );
    const session = {
      log: logFixture(),
      checkpoint: { log: logFixture(), records: [{ key: 'train', value: null, tensors }], partial: null },
    };
    for await (const chunk of writeSavedSession(session).stream) if (chunk.length === 40_000) held--;
    expect([held, most]).toEqual([0, 1]);
  });

  it('opens without reading a tensor, and reads no more than the tensor asked for', async () => {
    const file = fileOf(await collect(writeSavedSession(savedFixture())));
    const ranges: [number, number][] = [];
    const watched = {
      ...file,
      read: async (begin: number, end: number) => {
        ranges.push([begin, end]);
        return file.read(begin, end);
      },
    };
    const { checkpoint } = await openSavedSession(watched);
    const { entries } = await openSafetensors(file);
    const name = 'model.layers.0.mlp.up_proj.mask';
    const mask = entries.get(`1/${name}`)!;
    expect(ranges.every(([begin, end]) => end <= mask.begin || begin >= mask.end)).toBe(true);
    ranges.length = 0;
    await checkpoint!.records[1]!.tensors.get(name)!.read();
    expect(ranges).toEqual([[mask.begin, mask.end]]);
  });

  it('refuses to write an outcome that JSON would change', () => {
    const session = savedFixture();
    for (const value of [Number.NaN, [Infinity], { a: new Float32Array(2) }, new Map(), () => 1]) {
      const records = [{ key: 'train', value, tensors: new Map() }];
      expect(() => writeSavedSession({ ...session, checkpoint: { ...session.checkpoint, records } })).toThrow(
        /the step train has an outcome that is not plain JSON/,
      );
    }
  });

  it('round-trips any tensors under any names', async () => {
    const spec = fc.record({
      dtype: fc.constantFrom('f32', 'f16', 'bf16', 'i4', 'i32', 'u32'),
      shape: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 4 }),
    });
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 });
    const record = fc.record({
      key: name,
      // Keys that reach for a prototype are refused.
      value: fc
        .jsonValue({ maxDepth: 5, noUnicodeString: false })
        .filter((value) => !/"(?:__proto__|constructor|prototype)":/.test(JSON.stringify(value))),
      tensors: fc.uniqueArray(fc.tuple(name, spec), { selector: ([key]) => key, maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { maxLength: 4 }),
        fc.option(record),
        fc.nat(),
        async (records, partial, seed) => {
          const next = randomFixture(seed);
          const made = ({ key, value, tensors }: (typeof records)[number]) => ({
            key,
            // JSON has no −0.
            value: JSON.parse(JSON.stringify(value)) as unknown,
            tensors: new Map(tensors.map(([each, of]) => [each, tensorFixture(of, next)])),
          });
          const log = logFixture({ layers: 1, evaluations: 4, steps: 10 });
          const session = {
            log,
            checkpoint: { log, records: records.map(made), partial: partial && made(partial) },
          };
          expect(await roundTrip(session)).toEqual(await contentsOf(session));
        },
      ),
      { numRuns: 60 },
    );
  });
});
