/**
 * The time of capture in an RTP packet, as ONVIF's replay has it (Streaming Specification, RTP header extension 0xABAC), and
 * the RTCP sender report that says the same (RFC 3550, 6.4.1): FFmpeg skips the one and reads the other. Pure.
 */

const EXTENSION = 0xabac;
/** Of the extension: the time, then flags and the number of the request. */
const LEAST_WORDS = 3;
const FIXED_HEADER = 12;
const VERSION_2 = 0x80;
const SENDER_REPORT = 200;
const REPORT_BYTES = 28;

/** When the picture was taken that a packet is a part of. */
export interface Stamp {
  readonly ssrc: number;
  /** Of the packet. */
  readonly timestamp: number;
  /** NTP: seconds since 1900, and their fraction in 2^-32 s. */
  readonly ntpS: number;
  readonly ntpFraction: number;
}

/** @returns undefined when the packet does not say it, or is none */
export function stampOf(packet: Buffer): Stamp | undefined {
  const first = packet[0] ?? 0;
  const hasExtension = (first & 0xd0) === 0x90;
  const extension = FIXED_HEADER + 4 * (first & 0x0f);
  const time = extension + 4;
  if (!hasExtension || packet.length < time + 4 * LEAST_WORDS) return undefined;
  if (packet.readUInt16BE(extension) !== EXTENSION) return undefined;
  const words = packet.readUInt16BE(extension + 2);
  // It is longer when another extension follows within it.
  if (words < LEAST_WORDS || packet.length < time + 4 * words) return undefined;
  const ntpS = packet.readUInt32BE(time);
  const ntpFraction = packet.readUInt32BE(time + 4);
  // A clock that was never set.
  if (ntpS === 0) return undefined;
  return { ssrc: packet.readUInt32BE(8), timestamp: packet.readUInt32BE(4), ntpS, ntpFraction };
}

/** A sender report that says the same, as one frame of the interleaved stream. @param channel of the reports */
export function reportFrame(channel: number, { ssrc, timestamp, ntpS, ntpFraction }: Stamp): Buffer {
  const frame = Buffer.alloc(4 + REPORT_BYTES);
  frame.write('$');
  frame.writeUInt8(channel, 1);
  frame.writeUInt16BE(REPORT_BYTES, 2);
  frame.writeUInt8(VERSION_2, 4);
  frame.writeUInt8(SENDER_REPORT, 5);
  frame.writeUInt16BE(REPORT_BYTES / 4 - 1, 6);
  frame.writeUInt32BE(ssrc, 8);
  frame.writeUInt32BE(ntpS, 12);
  frame.writeUInt32BE(ntpFraction, 16);
  frame.writeUInt32BE(timestamp, 20);
  return frame;
}

/** What is left of an RTCP packet without the sender reports that it begins with; empty: nothing. */
export function withoutReports(rtcp: Buffer): Buffer {
  let rest = rtcp;
  while (rest.length >= 4 && rest[1] === SENDER_REPORT) rest = rest.subarray(4 * (rest.readUInt16BE(2) + 1));
  return rest;
}
