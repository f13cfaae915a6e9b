/** One viewer that fetches the picture as fragmented MP4, a piece at a time. Where it falls behind, pictures are left out. */
import type { Size } from '../../runtime/node.ts';
import type { NalUnit } from './access-units.ts';
import { fragment, initSegment, isParameterSet, MP4_TICKS_PER_S, mp4Type, type Picture, sample } from './fmp4.ts';
import type { SentPicture, Viewer } from './viewer.ts';

/** What waits to be fetched. */
const MOST_BYTES = 4 * 1024 * 1024;
/** The length of a picture is known when the next one comes. A longer pause is a pause. */
const LONGEST_TICKS = MP4_TICKS_PER_S;

export class Mp4Viewer implements Viewer {
  readonly id = crypto.randomUUID();
  readonly isConnected = true;
  hasKey = false;
  readonly #heard: () => void;
  #type: string | undefined;
  #sets = '';
  #pending: Buffer[] = [];
  #bytes = 0;
  #sequence = 0;
  #held: Omit<Picture, 'duration'> | undefined;

  constructor(heard: () => void) {
    this.#heard = heard;
  }

  send({ units, isKey, size, mediaTicks }: SentPicture): void {
    if (this.#bytes > MOST_BYTES) this.#fallBehind();
    if (!this.hasKey) return;
    if (this.#held) {
      const ticks = Number(mediaTicks - this.#held.time);
      const duration = Math.min(Math.max(1, ticks), LONGEST_TICKS);
      this.#put(fragment({ ...this.#held, duration }, ++this.#sequence));
    }
    if (isKey) this.#initialize(units.filter(isParameterSet), size);
    this.#held = { data: sample(units), isKey, time: mediaTicks };
  }

  /** @returns content type, once known, and what has come since */
  read(): { readonly type?: string; readonly data: string } {
    this.#heard();
    const data = Buffer.concat(this.#pending).toString('base64');
    this.#pending = [];
    this.#bytes = 0;
    return this.#type === undefined ? { data } : { type: this.#type, data };
  }

  async close(): Promise<void> {
    this.#pending = [];
  }

  /** Again when the stream changes. */
  #initialize(sets: readonly NalUnit[], size: Size): void {
    const key = Buffer.concat(sets).toString('latin1');
    if (key === this.#sets) return;
    this.#sets = key;
    this.#type = mp4Type(sets);
    this.#put(initSegment(sets, size));
  }

  #put(bytes: Buffer): void {
    this.#pending.push(bytes);
    this.#bytes += bytes.length;
  }

  /** What waits is old by the time that it is fetched: goes on at the next key frame. */
  #fallBehind(): void {
    this.#pending = [];
    this.#bytes = 0;
    this.#sets = '';
    this.#held = undefined;
    this.hasKey = false;
  }
}
