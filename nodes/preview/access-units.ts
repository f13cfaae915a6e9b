/** H.264 as it is stored, in its parts: with start codes (Annex B of the standard), or with lengths (MP4, ISO 14496-15). */

export type NalUnit = Uint8Array;

export interface ParameterSets {
  /** Bytes of the length before each unit; 0: start codes. */
  readonly lengthBytes: number;
  /** SPS and PPS, if they are stored beside the stream. */
  readonly sets: readonly NalUnit[];
}

const [IDR, SPS, PPS] = [5, 7, 8];

export function isKey(units: readonly NalUnit[]): boolean {
  return units.some((unit) => typeOf(unit) === IDR);
}

export function hasParameterSets(units: readonly NalUnit[]): boolean {
  return [SPS, PPS].every((wanted) => units.some((unit) => typeOf(unit) === wanted));
}

/** @param extradata of the codec parameters, as containers store it; may be empty */
export function parameterSets(extradata: Uint8Array): ParameterSets {
  if (extradata[0] !== 1) return { lengthBytes: 0, sets: withStartCodes(extradata) };
  // avcC: version, profile, 2 bytes, size of lengths, number of SPS, each with its length; then PPS in the same way.
  const sets: NalUnit[] = [];
  let at = 5;
  for (const mask of [0x1f, 0xff]) {
    const count = (extradata[at++] ?? 0) & mask;
    for (let i = 0; i < count; i++) {
      const length = ((extradata[at] ?? 0) << 8) | (extradata[at + 1] ?? 0);
      sets.push(extradata.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
  }
  return { lengthBytes: ((extradata[4] ?? 0) & 3) + 1, sets: sets.filter(({ length }) => length > 0) };
}

/** The units of one packet. What is broken off is left out. */
export function nalUnits(data: Uint8Array, lengthBytes: number): NalUnit[] {
  if (lengthBytes === 0) return withStartCodes(data);
  const units: NalUnit[] = [];
  for (let at = 0; at + lengthBytes < data.length; ) {
    let length = 0;
    for (let i = 0; i < lengthBytes; i++) length = length * 256 + (data[at + i] ?? 0);
    at += lengthBytes;
    if (length === 0 || at + length > data.length) break;
    units.push(data.subarray(at, at + length));
    at += length;
  }
  return units;
}

function withStartCodes(data: Uint8Array): NalUnit[] {
  const units: NalUnit[] = [];
  let from = -1;
  for (let at = 0; at + 2 < data.length; at++) {
    if (data[at] !== 0 || data[at + 1] !== 0 || data[at + 2] !== 1) continue;
    if (from >= 0) units.push(withoutZeros(data.subarray(from, at)));
    from = at + 3;
    at += 2;
  }
  if (from >= 0) units.push(withoutZeros(data.subarray(from)));
  return units.filter(({ length }) => length > 0);
}

/** The zeros before a start code belong to it. */
function withoutZeros(unit: Uint8Array): Uint8Array {
  let end = unit.length;
  while (end > 0 && unit[end - 1] === 0) end--;
  return unit.subarray(0, end);
}

function typeOf(unit: NalUnit): number {
  return (unit[0] ?? 0) & 0x1f;
}
