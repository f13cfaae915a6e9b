/** RTP packets and frames of an interleaved stream, for tests of the relay. */

export interface PacketParts {
  readonly timestamp?: number;
  readonly ssrc?: number;
  readonly sources?: number;
  readonly profile?: number;
  /** Words of the extension; none: there is no extension. */
  readonly words?: readonly number[];
  /** What the extension says of its length. */
  readonly stated?: number;
  readonly payload?: Buffer;
}

export const NTP_S = 0xe9000000;
export const NTP_FRACTION = 0x40000000;
/** As ONVIF has it: NTP, flags and number, padding. */
export const REPLAY_WORDS = [NTP_S, NTP_FRACTION, 0xe0070000] as const;

export function packet(parts: PacketParts = {}): Buffer {
  const { timestamp = 9000, ssrc = 0xdecade, sources = 0, profile = 0xabac, words, payload = Buffer.of(7) } = parts;
  const head = Buffer.alloc(12 + 4 * sources);
  head[0] = 0x80 | (words ? 0x10 : 0) | sources;
  head[1] = 96;
  head.writeUInt32BE(timestamp, 4);
  head.writeUInt32BE(ssrc, 8);
  if (!words) return Buffer.concat([head, payload]);
  const extension = Buffer.alloc(4 + 4 * words.length);
  extension.writeUInt16BE(profile, 0);
  extension.writeUInt16BE(parts.stated ?? words.length, 2);
  for (const [i, word] of words.entries()) extension.writeUInt32BE(word, 4 + 4 * i);
  return Buffer.concat([head, extension, payload]);
}

export function frame(channel: number, payload: Buffer): Buffer {
  const head = Buffer.of(0x24, channel, 0, 0);
  head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

/** A sender report of the camera's own, with what follows it in the same packet. */
export function report(rest: Buffer = Buffer.alloc(0)): Buffer {
  const bytes = Buffer.alloc(28);
  bytes.set([0x80, 200, 0, 6]);
  return Buffer.concat([bytes, rest]);
}
