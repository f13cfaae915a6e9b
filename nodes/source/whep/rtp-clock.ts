/**
 * Times of RTP packets: timestamps of 32 bits as a time that rises without end, and the clock of the sender, from its
 * reports (RTCP) or the times of capture that it sends along. Pure stepper.
 */

const TICKS_PER_MS = 90;
/** What a sender said about its clock holds for that long. */
const REPORT_HOLDS_MS = 20_000;
/** From 1900 to 1970. */
const NTP_TO_UNIX_MS = 2_208_988_800_000;

export class RtpClock {
  #last: number | undefined;
  /** Of the last timestamp, without wrap. */
  #ticks = 0;
  #reference: { readonly timestamp: number; readonly unixMs: number } | undefined;
  #hasCaptureTimes = false;

  /** A picture arrived. @returns its times on the clock of the stream, and on that of the sender if that is known */
  at(timestamp: number): { readonly timestampMs: number; readonly unixMs: number | undefined } {
    this.#ticks += (timestamp - (this.#last ?? timestamp)) | 0;
    this.#last = timestamp;
    return { timestampMs: this.#ticks / TICKS_PER_MS, unixMs: this.#unixMs(timestamp) };
  }

  /** The picture with that timestamp was taken at that time. */
  captured(timestamp: number, ntp: bigint): void {
    this.#hasCaptureTimes = true;
    this.#refer(timestamp, ntp);
  }

  /** A sender report: that timestamp is that time. */
  report(timestamp: number, ntp: bigint): void {
    if (!this.#hasCaptureTimes && ntp !== 0n) this.#refer(timestamp, ntp);
  }

  #unixMs(timestamp: number): number | undefined {
    if (this.#reference === undefined) return undefined;
    const sinceMs = ((timestamp - this.#reference.timestamp) | 0) / TICKS_PER_MS;
    return Math.abs(sinceMs) < REPORT_HOLDS_MS ? this.#reference.unixMs + sinceMs : undefined;
  }

  #refer(timestamp: number, ntp: bigint): void {
    this.#reference = { timestamp, unixMs: unixMsOf(ntp) };
  }
}

/** `abs-capture-time`: NTP time of capture, and how far the clock of the camera is ahead of the sender's. */
export function captureNtpOf(extension: unknown): bigint | undefined {
  if (!Buffer.isBuffer(extension) || extension.length < 8) return undefined;
  const ahead = extension.length >= 16 ? extension.readBigInt64BE(8) : 0n;
  return extension.readBigUInt64BE(0) - ahead;
}

function unixMsOf(ntp: bigint): number {
  return Number(ntp >> 32n) * 1000 + (Number(ntp & 0xffff_ffffn) * 1000) / 2 ** 32 - NTP_TO_UNIX_MS;
}
