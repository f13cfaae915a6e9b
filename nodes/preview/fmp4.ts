/**
 * H.264 as fragmented MP4 (ISO 14496-12), the form that Media Source takes: an initialization segment with the parameter
 * sets, then a fragment for each picture. Times are media time. Pure.
 */
import type { Size } from '../../runtime/node.ts';
import type { NalUnit } from './access-units.ts';

/** Units a second of the times. */
export const MP4_TICKS_PER_S = 90_000;

const [SPS, PPS] = [7, 8];
const TRACK_ID = 1;
/** As `trun` states it: this picture needs no other one, or the one before. */
const [KEY_FLAGS, OTHER_FLAGS] = [0x0200_0000, 0x0101_0000];
const [DEFAULT_BASE_IS_MOOF, DATA_OFFSET, DURATION, SIZE, FLAGS] = [0x02_0000, 0x1, 0x100, 0x200, 0x400];
const ONE = 0x1_0000;
/** The picture as it is. */
const MATRIX = u32(ONE, 0, 0, 0, ONE, 0, 0, 0, 0x4000_0000);

export interface Picture {
  /** See {@link sample}. */
  readonly data: Buffer;
  readonly isKey: boolean;
  readonly time: bigint;
  readonly duration: number;
}

/** Content type with the codec, as browsers want it. @returns undefined: no SPS is among the sets */
export function mp4Type(sets: readonly NalUnit[]): string | undefined {
  const sps = sets.find((unit) => typeOf(unit) === SPS);
  return sps && `video/mp4; codecs="avc1.${Buffer.from(sps.subarray(1, 4)).toString('hex')}"`;
}

export function isParameterSet(unit: NalUnit): boolean {
  return [SPS, PPS].includes(typeOf(unit));
}

export function initSegment(sets: readonly NalUnit[], { w, h }: Size): Buffer {
  const entry = box(
    'avc1',
    zeros(6),
    u16(1),
    zeros(16),
    u16(w, h),
    u32(0x48_0000, 0x48_0000, 0),
    u16(1),
    zeros(32),
    u16(24, 0xffff),
    avcC(sets),
  );
  const empty = ['stts', 'stsc', 'stco'].map((type) => box(type, u32(0, 0)));
  const dataRef = box('dref', u32(0, 1), box('url ', u32(1)));
  const media = box(
    'minf',
    box('vmhd', u32(1, 0, 0)),
    box('dinf', dataRef),
    box('stbl', box('stsd', u32(0, 1), entry), ...empty, box('stsz', u32(0, 0, 0))),
  );
  const handler = box('hdlr', u32(0, 0), Buffer.from('vide'), u32(0, 0, 0), zeros(1));
  const mdia = box('mdia', box('mdhd', u32(0, 0, 0, MP4_TICKS_PER_S, 0), u16(0x55c4, 0)), handler, media);
  const header = box('tkhd', u32(3, 0, 0, TRACK_ID, 0, 0, 0, 0, 0, 0), MATRIX, u32(w * ONE, h * ONE));
  const movie = box(
    'mvhd',
    u32(0, 0, 0, MP4_TICKS_PER_S, 0, ONE, 0x0100_0000, 0, 0),
    MATRIX,
    zeros(24),
    u32(TRACK_ID + 1),
  );
  const defaults = box('mvex', box('trex', u32(0, TRACK_ID, 1, 0, 0, 0)));
  return Buffer.concat([
    box('ftyp', Buffer.from('isom'), u32(0x200), Buffer.from('isomiso6avc1mp41')),
    box('moov', movie, box('trak', header, mdia), defaults),
  ]);
}

/** The units of a picture, without the parameter sets, which the initialization has; in memory of its own. */
export function sample(units: readonly NalUnit[]): Buffer {
  return Buffer.concat(units.filter((unit) => !isParameterSet(unit)).flatMap((unit) => [u32(unit.length), unit]));
}

export function fragment({ data, isKey, time, duration }: Picture, sequence: number): Buffer {
  const decodeTime = Buffer.alloc(8);
  decodeTime.writeBigUInt64BE(time);
  const moof = (dataAt: number) => {
    const run = box(
      'trun',
      u32(DATA_OFFSET | DURATION | SIZE | FLAGS, 1, dataAt, duration, data.length, isKey ? KEY_FLAGS : OTHER_FLAGS),
    );
    const track = box(
      'traf',
      box('tfhd', u32(DEFAULT_BASE_IS_MOOF, TRACK_ID)),
      box('tfdt', u32(0x0100_0000), decodeTime),
      run,
    );
    return box('moof', box('mfhd', u32(0, sequence)), track);
  };
  const header = 8;
  return Buffer.concat([moof(moof(0).length + header), box('mdat', data)]);
}

function avcC(sets: readonly NalUnit[]): Buffer {
  const of = (type: number) =>
    sets.filter((unit) => typeOf(unit) === type).map((unit) => Buffer.concat([u16(unit.length), unit]));
  const [sps, pps] = [of(SPS), of(PPS)];
  const profile = sps[0]?.subarray(3, 6) ?? zeros(3);
  return box('avcC', Buffer.of(1), profile, Buffer.of(0xff, 0xe0 | sps.length), ...sps, Buffer.of(pps.length), ...pps);
}

function box(type: string, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([u32(content.length + 8), Buffer.from(type), content]);
}

function u32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, 4 * i);
  return bytes;
}

function u16(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt16BE(value, 2 * i);
  return bytes;
}

function zeros(count: number): Buffer {
  return Buffer.alloc(count);
}

function typeOf(unit: NalUnit): number {
  return (unit[0] ?? 0) & 0x1f;
}
