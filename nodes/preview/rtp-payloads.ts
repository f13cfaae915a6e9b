/** H.264 in RTP (RFC 6184, packetization mode 1): a unit alone, or in fragments (FU-A). */
import type { NalUnit } from './access-units.ts';

/** Fits through what networks carry, with the headers of RTP, SRTP, UDP and IP. */
export const MAX_PAYLOAD_BYTES = 1180;
const FRAGMENT = 28;

export function payloadsOf(units: readonly NalUnit[], maxBytes = MAX_PAYLOAD_BYTES): Buffer[] {
  return units.flatMap((unit) => (unit.length <= maxBytes ? [Buffer.from(unit)] : fragments(unit, maxBytes)));
}

function fragments(unit: NalUnit, maxBytes: number): Buffer[] {
  const [header = 0] = unit;
  const parts: Buffer[] = [];
  for (let at = 1; at < unit.length; at += maxBytes - 2) {
    const part = unit.subarray(at, at + maxBytes - 2);
    const isFirst = at === 1 ? 0x80 : 0;
    const isLast = at + part.length === unit.length ? 0x40 : 0;
    parts.push(Buffer.concat([Buffer.from([(header & 0xe0) | FRAGMENT, isFirst | isLast | (header & 0x1f)]), part]));
  }
  return parts;
}
