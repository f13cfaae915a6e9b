/** The frames of an interleaved stream, with a sender report before each picture whose time of capture it tells. Pure. */
import { reportFrame, stampOf, withoutReports } from './onvif-extension.ts';
import type { Frame } from './rtsp-messages.ts';

interface Channel {
  /** Where the reports about it go. */
  readonly reports: number;
  /** RTP timestamp of the picture that was reported last; undefined: none was. */
  reported: number | undefined;
}

export class Reports {
  readonly #channels = new Map<number, Channel>();
  /** By the channel of its reports. */
  readonly #byReports = new Map<number, Channel>();

  /** RTP comes on the one channel, reports about it on the other. */
  carries(rtp: number, reports: number): void {
    const channel: Channel = { reports, reported: undefined };
    this.#channels.set(rtp, channel);
    this.#byReports.set(reports, channel);
  }

  /** Hands on what becomes of a frame. */
  pass(frame: Frame, out: (bytes: Buffer) => void): void {
    const channel = this.#channels.get(frame.channel);
    if (channel) {
      const stamp = stampOf(frame.payload);
      if (stamp && stamp.timestamp !== channel.reported) {
        channel.reported = stamp.timestamp;
        out(reportFrame(channel.reports, stamp));
      }
      out(frame.bytes);
      return;
    }
    const isReplaced = this.#byReports.get(frame.channel)?.reported !== undefined;
    for (const part of isReplaced ? restOf(frame) : [frame.bytes]) out(part);
  }
}

/** The camera's own reports tell another time; whatever else is with them goes on. */
function restOf({ bytes, channel, payload }: Frame): readonly Buffer[] {
  const rest = withoutReports(payload);
  if (rest.length === payload.length) return [bytes];
  return rest.length === 0 ? [] : [Buffer.from([0x24, channel, rest.length >> 8, rest.length & 0xff]), rest];
}
