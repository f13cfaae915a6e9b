/** WHEP without a network: packets to pictures, whatever happens to them on the way, and the times of RTP. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type AccessUnit, AccessUnits, type VideoCodec } from '../../../nodes/source/whep/access-units.ts';
import { captureNtpOf, RtpClock } from '../../../nodes/source/whep/rtp-clock.ts';
import { RtpOrder, type RtpPart } from '../../../nodes/source/whep/rtp-order.ts';
import { PROPERTY_LIMIT_MS } from '../../support/patience.ts';

const FRAME_TICKS = 3600;
const START_CODE = Buffer.of(0, 0, 0, 1);
const LIMITS = { interruptAfterTimeLimit: PROPERTY_LIMIT_MS, numRuns: 200 };

/** Header of a NAL unit, and what a decoder needs to tell its kind. */
const HEADERS = {
  h264: { sets: [[0x67], [0x68]], key: [0x65, 0x88], other: [0x41, 0x9a] },
  h265: {
    sets: [
      [0x40, 1],
      [0x42, 1],
      [0x44, 1],
    ],
    key: [0x26, 1, 0xaf],
    other: [0x02, 1, 0xd0],
  },
} as const;

const picture = fc.record({
  isKey: fc.boolean(),
  bytes: fc.integer({ min: 10, max: 400 }),
  /** Its packets are cut so. */
  mtu: fc.integer({ min: 20, max: 200 }),
  isBundled: fc.boolean(),
});
const stream = fc.record({
  codec: fc.constantFrom('h264' as const, 'h265' as const),
  pictures: fc.array(picture, { minLength: 2, maxLength: 30 }),
  sequence: fc.integer({ min: 0, max: 0xffff }),
  timestamp: fc.integer({ min: 0, max: 0xffff_ffff }),
});
type Stream = typeof stream extends fc.Arbitrary<infer T> ? T : never;

const nalOf = (header: readonly number[], bytes: number, fill: number) =>
  Buffer.from([...header, ...Array<number>(bytes).fill(1 + (fill % 200))]);

/** The NAL units of each picture. */
function nalsOf({ codec, pictures }: Stream): Buffer[][] {
  const { sets, key, other } = HEADERS[codec];
  return pictures.map(({ isKey, bytes }, i) => {
    const parameters = sets.map((header) => nalOf(header, 8, i));
    return isKey ? [...parameters, nalOf(key, bytes, i)] : [nalOf(other, bytes, i)];
  });
}

function packetsOf(source: Stream): RtpPart[] {
  const { codec, pictures, sequence, timestamp } = source;
  const payloads = nalsOf(source).map((nals, i) => {
    const { mtu = 0, isBundled } = pictures[i] ?? {};
    const small = isBundled ? nals.slice(0, -1) : [];
    const rest = nals.slice(small.length).flatMap((nal) => cut(codec, nal, mtu));
    return small.length > 0 ? [bundle(codec, small), ...rest] : rest;
  });
  let number = sequence;
  return payloads.flatMap((parts, i) =>
    parts.map((payload, k) => ({
      sequence: number++ & 0xffff,
      timestamp: (timestamp + i * FRAME_TICKS) >>> 0,
      isLast: k === parts.length - 1,
      payload,
    })),
  );
}

function bundle(codec: VideoCodec, nals: readonly Buffer[]): Buffer {
  const header = codec === 'h264' ? [24] : [48 << 1, 1];
  return Buffer.concat([Buffer.from(header), ...nals.flatMap((nal) => [Buffer.of(0, nal.length), nal])]);
}

function cut(codec: VideoCodec, nal: Buffer, mtu: number): Buffer[] {
  if (nal.length <= mtu) return [nal];
  const [first = 0, second = 0] = nal;
  const headerBytes = codec === 'h264' ? 1 : 2;
  const header = codec === 'h264' ? [(first & 0xe0) | 28] : [(first & 0x81) | (49 << 1), second];
  const type = codec === 'h264' ? first & 0x1f : (first >> 1) & 0x3f;
  const parts: Buffer[] = [];
  for (let at = headerBytes; at < nal.length; at += mtu) {
    const ends = (at === headerBytes ? 0x80 : 0) | (at + mtu >= nal.length ? 0x40 : 0);
    parts.push(Buffer.concat([Buffer.from([...header, ends | type]), nal.subarray(at, at + mtu)]));
  }
  return parts;
}

/** @param stepMs from one packet to the next */
function receive(codec: VideoCodec, parts: readonly RtpPart[], stepMs: number): AccessUnit[] {
  const order = new RtpOrder();
  const units = new AccessUnits(codec);
  return parts.flatMap((part, i) => order.push(part, i * stepMs).flatMap((next) => units.push(next, i * stepMs)));
}

const dataOf = (nals: readonly Buffer[]) => Buffer.concat(nals.flatMap((nal) => [START_CODE, nal])).toString('hex');

describe('pictures', () => {
  test('are whole and in order, from the first key frame on, when packets overtake each other or come twice', () => {
    fc.assert(
      fc.property(stream, fc.infiniteStream(fc.integer({ min: 0, max: 5 })), (source, shifts) => {
        const sent = packetsOf(source).map((part, i) => ({ part, at: i === 0 ? 0 : i + (shifts.next().value ?? 0) }));
        const arrived = sent.toSorted((a, b) => a.at - b.at).flatMap(({ part }) => [part, part]);
        const first = source.pictures.findIndex(({ isKey }) => isKey);
        const expected = first < 0 ? [] : nalsOf(source).slice(first).map(dataOf);
        const units = receive(source.codec, arrived, 1);
        expect(units.map(({ data }) => data.toString('hex'))).toEqual(expected);
        expect(units.map(({ isKey }) => isKey)).toEqual(source.pictures.slice(units.length === 0 ? Number.POSITIVE_INFINITY : first).map(({ isKey }) => isKey)); // biome-ignore format: one line
      }),
      LIMITS,
    );
  });

  test('that are damaged, or drawn upon those that are, are never handed on', () => {
    fc.assert(
      fc.property(stream, fc.infiniteStream(fc.integer({ min: 0, max: 9 })), (source, chances) => {
        const whole = nalsOf(source).map(dataOf);
        const sent = packetsOf(source);
        const lost = new Set(
          sent.filter((_, i) => i > 0 && chances.next().value === 0).map(({ timestamp }) => timestamp),
        );
        const again = new Map<number, boolean>();
        const arrived = sent.filter(({ timestamp }, i) => {
          // Of each picture that loses one, the first packet, or another.
          if (!lost.has(timestamp) || i === 0 || again.get(timestamp)) return true;
          again.set(timestamp, true);
          return false;
        });
        const units = receive(source.codec, arrived, 30);
        const numbers = units.map(({ data }) => whole.indexOf(data.toString('hex')));
        expect(numbers).not.toContain(-1);
        // One that follows on a picture that is not there is a key frame.
        const gaps = numbers.filter((number, i) => i > 0 && number !== (numbers[i - 1] ?? 0) + 1);
        expect(gaps.filter((number) => !source.pictures[number]?.isKey)).toEqual([]);
        // Key frames that came whole are not missing. The last packets may still wait for those before them.
        const last = arrived.at(-6)?.timestamp ?? source.timestamp;
        const keys = source.pictures.flatMap(({ isKey }, i) => {
          const timestamp = (source.timestamp + i * FRAME_TICKS) >>> 0;
          return isKey && !again.has(timestamp) && ((last - timestamp) | 0) > 0 ? [i] : [];
        });
        expect(numbers).toEqual(expect.arrayContaining(keys));
      }),
      LIMITS,
    );
  });

  test('come to no harm from packets of any content', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.uint8Array({ maxLength: 60 }), fc.nat(0xffff), fc.nat(9), fc.boolean())),
        (parts) => {
          const packets = parts.map(([payload, sequence, timestamp, isLast]) => {
            return { sequence, timestamp, isLast, payload: Buffer.from(payload) };
          });
          for (const codec of ['h264', 'h265'] as const) receive(codec, packets, 1);
        },
      ),
      LIMITS,
    );
  });

  test('without key frames are let through after five seconds, once their parameter sets are known', () => {
    const source: Stream = {
      codec: 'h264',
      sequence: 0,
      timestamp: 0,
      pictures: Array.from({ length: 200 }, () => ({ isKey: false, bytes: 20, mtu: 100, isBundled: false })),
    };
    const sets = HEADERS.h264.sets.map((header) => nalOf(header, 8, 0));
    const parameters = { sequence: 0xffff, timestamp: 0, isLast: false, payload: bundle('h264', sets) };
    const units = receive('h264', [parameters, ...packetsOf(source)], 40);
    expect(units).toHaveLength(200 - 5000 / 40);
    expect(units[0]?.data.toString('hex')).toStartWith(dataOf(sets));
    expect(receive('h264', packetsOf(source), 40)).toEqual([]);
  });
});

describe('times', () => {
  const NTP = (BigInt(1_700_000_000) + 2_208_988_800n) << 32n;
  const UNIX_MS = 1_700_000_000_000;

  test('rise through the wrap of the timestamps, and by sender reports are those of the sender', () => {
    const clock = new RtpClock();
    const before = 0x1_0000_0000 - 90_000;
    expect(clock.at(before)).toEqual({ timestampMs: 0, unixMs: undefined });
    clock.report(before, NTP);
    expect(clock.at(before + 45_000)).toEqual({ timestampMs: 500, unixMs: UNIX_MS + 500 });
    expect(clock.at(90_000)).toEqual({ timestampMs: 2000, unixMs: UNIX_MS + 2000 });
    // Pictures are decoded in another order than they are shown.
    expect(clock.at(45_000)).toEqual({ timestampMs: 1500, unixMs: UNIX_MS + 1500 });
    expect(clock.at(90_000 * 60)).toEqual({ timestampMs: 61_000, unixMs: undefined });
  });

  test('of capture count for more than sender reports; what a camera is ahead of its server is taken off', () => {
    const clock = new RtpClock();
    const extension = Buffer.alloc(16);
    extension.writeBigUInt64BE(NTP + (2n << 32n));
    extension.writeBigInt64BE(1n << 32n, 8);
    clock.captured(0, captureNtpOf(extension) ?? 0n);
    clock.report(0, NTP);
    expect(clock.at(9000).unixMs).toBe(UNIX_MS + 1100);
    expect(captureNtpOf(Buffer.alloc(3))).toBeUndefined();
  });
});
