/** Who is sent the picture: by WebRTC, or as MP4 where that cannot pass. */
import type { Size } from '../../runtime/node.ts';
import type { NalUnit } from './access-units.ts';
import { payloadsOf } from './rtp-payloads.ts';

export interface Viewer {
  readonly id: string;
  readonly isConnected: boolean;
  /** It gets no picture before the first key frame. */
  hasKey: boolean;
  send(picture: SentPicture): void;
  close(): Promise<void>;
}

/** One picture for all viewers. */
export class SentPicture {
  readonly units: readonly NalUnit[];
  readonly isKey: boolean;
  readonly size: Size;
  /** Media time, 90,000 a second. */
  readonly mediaTicks: bigint;
  readonly captureUnixMs: number;
  #payloads: Buffer[] | undefined;

  constructor({ units, isKey, size, mediaTicks, captureUnixMs }: Omit<SentPicture, 'payloads'>) {
    this.units = units;
    this.isKey = isKey;
    this.size = size;
    this.mediaTicks = mediaTicks;
    this.captureUnixMs = captureUnixMs;
  }

  /** In RTP; made for the first who wants it so. */
  get payloads(): readonly Buffer[] {
    this.#payloads ??= payloadsOf(this.units);
    return this.#payloads;
  }
}
