import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safetensorsStream } from '../formats/safetensors-write.ts';
import type { TensorOutput } from '../formats/safetensors-write.ts';
import { crc32 } from '../lib/crc32.ts';
import { mostInflated } from './file.ts';
import { gzipBomb, gzipOf, jsonOf, mutationsOf, outcomeOfAsync } from './hostile.testing.ts';
import { overshoot, pollutionsOf, runs, spread } from './hostile.testing.ts';
import { openSavedSession, writeSavedSession } from './saved-session.ts';
import { collect, contentsOf, fileOf, savedFixture } from './saved-session.testing.ts';
import { logFixture } from './session.testing.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const small = logFixture({ layers: 1, evaluations: 6, steps: 10, eventful: true });

describe('a hostile session file with a checkpoint', () => {
  const session = savedFixture(small);
  const bytes = collect(writeSavedSession(session));
  const outcome = async (file: Uint8Array) =>
    outcomeOfAsync(async () => contentsOf(await openSavedSession(fileOf(file))));

  const spec = { name: 'a', dtype: 'f32', shape: [2] };
  const tensor = { name: '0/a', dtype: 'F32' as const, shape: [2], content: new Uint8Array(8).fill(7) };
  const content = {
    format: 'pare-session',
    version: 2,
    log: small,
    checkpoint: {
      shared: small.length,
      rest: [] as unknown[],
      records: [{ key: 'train', value: { step: 1 }, tensors: [spec] }] as unknown[],
      partial: null as unknown,
    },
  };
  type Tensor = Omit<TensorOutput, 'bytes'> & { content: Uint8Array };

  /** A file as `writeSavedSession` writes it, but with anything in it. */
  async function crafted(
    packed: Uint8Array,
    tensors: readonly Tensor[] = [tensor],
    checksums = Uint8Array.from(tensors.flatMap((each) => [...littleEndian(crc32(each.content))])),
  ): Promise<Uint8Array> {
    const own: Tensor[] = [
      { name: 'session', dtype: 'U8', shape: [packed.length], content: packed },
      { name: 'checksums', dtype: 'U8', shape: [checksums.length], content: checksums },
    ];
    const all = [...tensors, ...own].map((each) => ({ ...each, bytes: async () => each.content }));
    return collect(safetensorsStream(all));
  }
  const littleEndian = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
  const withCheckpoint = (change: Partial<(typeof content)['checkpoint']>): Uint8Array =>
    jsonOf({ ...content, checkpoint: { ...content.checkpoint, ...change } });
  const withHeader = (header: unknown, length?: bigint): Uint8Array => {
    const text = encode(JSON.stringify(header));
    const prefix = new Uint8Array(8);
    new DataView(prefix.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
    return Buffer.concat([prefix, text, new Uint8Array(64)]);
  };

  it('is read where nothing is wrong with it, so that what follows is refused for a reason', async () => {
    expect(await outcome(await bytes)).toMatchObject({ code: 'accepted' });
    expect(await outcome(await crafted(jsonOf(content)))).toMatchObject({ code: 'accepted' });
  });

  it('is refused wherever it is cut', async () => {
    const good = await bytes;
    for (const length of spread(0, good.length, 80)) {
      expect((await outcome(good.slice(0, length))).code).toMatch(/^file-(invalid|damaged)$/);
    }
    const longer = await outcome(Buffer.concat([good, new Uint8Array(8)]));
    expect(longer.message).toMatch(/^The session file demo\.pare is damaged: .* belong to no tensor\.$/);
  });

  it('is refused with any bit flipped, in header, tensors, log or checksums', async () => {
    const good = await bytes;
    const whole = await contentsOf(await openSavedSession(fileOf(good)));
    const header = 8 + Number(new DataView(good.buffer).getBigUint64(0, true));
    const places = [...spread(0, 8, 8), ...spread(8, header, 120), ...spread(header, good.length, 250)];
    let accepted = 0;
    for (const [index, place] of places.entries()) {
      const flipped = good.slice();
      flipped[place]! ^= 1 << (index % 8);
      if ((await outcome(flipped)).code !== 'accepted') continue;
      accepted++;
      expect(await contentsOf(await openSavedSession(fileOf(flipped)))).toEqual(whole);
    }
    // "pt" in the metadata, the time stamp of the gzip header.
    expect(accepted).toBeLessThan(10);
  });

  it('opens with a damaged tensor, which is refused by name when it is read', async () => {
    const good = await bytes;
    const name = 'model.layers.0.mlp.up_proj.mask';
    const at = Buffer.from(good).indexOf(await session.checkpoint.records[1]!.tensors.get(name)!.read());
    expect(at).toBeGreaterThan(0);
    for (const place of [at, at + 13, at + 47]) {
      const flipped = good.slice();
      flipped[place]! ^= 0x10;
      const { checkpoint } = await openSavedSession(fileOf(flipped));
      const { codes, mask } = {
        codes: checkpoint!.records[1]!.tensors.get('model.layers.0.mlp.up_proj.codes')!,
        mask: checkpoint!.records[1]!.tensors.get(name)!,
      };
      expect(await outcomeOfAsync(codes.read)).toMatchObject({ code: 'accepted' });
      expect(await outcomeOfAsync(mask.read)).toMatchObject({
        code: 'file-damaged',
        message: `The session file demo.pare is damaged: the bytes of 1/${name} do not have their checksum.`,
      });
    }
  });

  it('is inflated no further than the cap', async () => {
    const { code, details } = await outcome(await crafted(gzipBomb(1000)));
    expect(code).toBe('file-too-big');
    expect(details.produced).toBeLessThanOrEqual(mostInflated + overshoot);
    expect((await outcome(await crafted(new Uint8Array(33 * 2 ** 20)))).code).toBe('file-too-big');
  });

  it('is refused for its version, or where it is another safetensors file', async () => {
    for (const version of [1, 3, 1e308, -1]) {
      expect(await outcome(await crafted(jsonOf({ ...content, version })))).toMatchObject({
        code: 'file-version',
        message: `The session file demo.pare was made by a newer Pare (format ${version}).`,
      });
    }
    const model = [{ ...tensor, bytes: async () => tensor.content }];
    expect(await outcome(await collect(safetensorsStream(model)))).toMatchObject({
      code: 'file-invalid',
      message: 'The session file demo.pare is not a Pare session.',
    });
    for (const other of ['', 'x', '{"a":1}', 'PK\u0003\u0004 a zip, perhaps']) {
      expect((await outcome(encode(other))).code).toBe('file-invalid');
    }
  });

  it('is refused with a header that cannot be true', async () => {
    const entries = (change: object) => ({
      t: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...change },
    });
    const two = (begin: number, end: number) => ({
      ...entries({}),
      u: { dtype: 'F32', shape: [2], data_offsets: [begin, end] },
    });
    const cases: [Uint8Array, RegExp][] = [
      [withHeader({}, 2n ** 63n), /announces a header of 9223372036854775808 bytes/],
      [withHeader({}, 2n ** 64n - 1n), /announces a header of 18446744073709551615 bytes/],
      [withHeader({}, 1000n), /announce a header of 1000 bytes, but at most 66/],
      [withHeader(two(4, 12)), /u\.data_offsets: the tensor at offset \d+ overlaps t/],
      [withHeader(two(0, 8)), /overlaps/],
      [withHeader(entries({ data_offsets: [0, 2 ** 53] })), /data_offsets/],
      [withHeader(entries({ data_offsets: [-8, 0] })), /data_offsets/],
      [withHeader(entries({ shape: [2 ** 52, 2 ** 52] })), /needs/],
      [withHeader(entries({ shape: [-2] })), /shape/],
      [withHeader(entries({ dtype: 'constructor' })), /dtype is constructor, which Pare cannot read/],
      [withHeader(JSON.parse('{"__proto__":{"dtype":"F32"}}')), /"__proto__" is not allowed/],
      [withHeader([1]), /is not a Pare session/],
    ];
    for (const [file, message] of cases) {
      const { code, message: said } = await outcome(file);
      expect(code).toMatch(/^file-(damaged|invalid|too-big)$/);
      expect(said).toMatch(message);
      expect(said).toMatch(/^The session file demo\.pare /);
    }
  });

  it('is refused where its steps and its tensors do not agree', async () => {
    const step = (tensors: unknown[], more = {}) =>
      withCheckpoint({ records: [{ key: 'train', value: null, tensors, ...more }] });
    const cases: [Uint8Array, RegExp, Tensor[]?][] = [
      [step([{ ...spec, dtype: 'u32' }]), /has 0\/a as F32 \[2\] instead of I32 \[2\]/],
      [step([{ ...spec, dtype: 'i4' }]), /has 0\/a as F32 \[2\] instead of U8 \[1, 4\]/],
      [step([{ ...spec, shape: [1, 2] }]), /instead of F32 \[1, 2\]/],
      [step([{ ...spec, shape: [2 ** 32 - 1, 2 ** 32 - 1] }]), /instead of F32/],
      [step([{ ...spec, shape: [1e308] }]), /tensors\.0\.shape\.0/],
      [step([{ ...spec, dtype: 'f64' }]), /tensors\.0\.dtype/],
      [step([spec, spec]), /has a tensor twice in its step “train”/],
      [step([spec, { ...spec, name: 'b' }]), /has no tensor 0\/b, which it claims to have/],
      [step([{ ...spec, name: '../session' }]), /has no tensor 0\/\.\.\/session/],
      [step([{ ...spec, name: '' }]), /tensors\.0\.name/],
      [step([{ ...spec, name: 'n'.repeat(401) }]), /tensors\.0\.name/],
      [step([spec], { more: 1 }), /Unrecognized key: "more"/],
      [step([]), /holds 1 tensors of which its steps know 0/],
      [jsonOf(content), /holds 2 tensors of which its steps know 1/, [tensor, { ...tensor, name: '1/a' }]],
      [jsonOf(content), /has no tensor 0\/a/, []],
    ];
    for (const [packed, message, tensors] of cases) {
      const { code, message: said } = await outcome(await crafted(packed, tensors));
      expect([code, said]).toEqual(['file-invalid', expect.stringMatching(message)]);
    }
    const short = await crafted(jsonOf(content), [tensor], new Uint8Array(3));
    expect((await outcome(short)).message).toMatch(/holds 1 tensors and 3 bytes of checksums/);
    const wide = { name: 'session', dtype: 'I32' as const, shape: [2], bytes: async () => new Uint8Array(8) };
    expect((await outcome(await collect(safetensorsStream([wide])))).message).toMatch(
      /has a tensor “session” of I32 instead of U8/,
    );
  });

  it('is refused with a log or a checkpoint that cannot be', async () => {
    const cases: [Uint8Array, RegExp][] = [
      [withCheckpoint({ shared: small.length + 1 }), /has a checkpoint of a longer log than its own/],
      [withCheckpoint({ shared: -1 }), /checkpoint\.shared/],
      [withCheckpoint({ rest: [small[0]] }), /does not hold one run from its start/],
      [withCheckpoint({ shared: 0, rest: [small[1]] }), /a checkpoint of another run than its log/],
      [withCheckpoint({ shared: 0, rest: [] }), /a checkpoint of another run than its log/],
      [withCheckpoint({ rest: [{ type: 'paused', at: 1e308 }] }), /\d+\.at: Too big/],
      [jsonOf({ ...content, log: [] }), /does not hold one run from its start/],
      [jsonOf({ ...content, log: 1 }), /does not hold a list of events/],
      [jsonOf({ ...content, checkpoint: null }), /checkpoint/],
      [withCheckpoint({ partial: 1 }), /records\.partial/],
      [withCheckpoint({ records: [null] }), /records\.0/],
    ];
    for (const [packed, message] of cases) {
      const { code, message: said } = await outcome(await crafted(packed));
      expect([code, said]).toEqual(['file-invalid', expect.stringMatching(message)]);
    }
  });

  it('is refused with a million records, and with outcomes nested too deep', async () => {
    const text = JSON.stringify(content);
    const many = text.replace('"records":[', `"records":[${'1,'.repeat(1_000_000)}`);
    expect((await outcome(await crafted(gzipOf(many)))).message).toBe(
      'The session file demo.pare holds 1,000,001 steps; at most 120,000 are possible.',
    );
    const deep = text.replace('{"step":1}', '['.repeat(10_000) + ']'.repeat(10_000));
    expect((await outcome(await crafted(gzipOf(deep)))).message).toMatch(/nested 10,004 deep/);
  });

  it('is refused with keys that could reach a prototype, at any depth', async () => {
    for (const text of pollutionsOf({ ...content, log: small.slice(0, 2) })) {
      expect((await outcome(await crafted(gzipOf(text)))).message).toMatch(/holds the key “/);
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('is refused or read whatever it holds', async () => {
    await fc.assert(
      fc.asyncProperty(mutationsOf({ ...content, log: small.slice(0, 12) }), async (value) => {
        expect((await outcome(await crafted(jsonOf(value)))).code).toMatch(
          /^(accepted|file-(invalid|version))$/,
        );
      }),
      runs(120),
    );
  });
});
