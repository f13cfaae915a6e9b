/**
 * From RTP payloads (RFC 6184 for H.264, RFC 7798 for H.265) to whole coded pictures as a decoder takes them: NAL units
 * with start codes. Pictures before the first key frame, and those after a loss up to the next one, are left out. Pure
 * stepper.
 */
import type { Ordered, RtpPart } from './rtp-order.ts';

export type VideoCodec = 'h264' | 'h265';

export interface AccessUnit {
  readonly data: Buffer;
  readonly isKey: boolean;
  /** Of RTP: 32 bits, 90,000 a second. */
  readonly timestamp: number;
}

/** How the NAL units of a codec are told apart, and how RTP packs them. */
interface Layout {
  readonly headerBytes: number;
  readonly typeOf: (nal: Buffer) => number;
  readonly isPicture: (type: number) => boolean;
  readonly isKey: (type: number) => boolean;
  /** It is the first slice of its picture. */
  readonly isFirstSlice: (nal: Buffer) => boolean;
  /** Types of the parameter sets, in the order in which a decoder wants them. */
  readonly parameterSets: readonly number[];
  /** Type of what marks the beginning of a picture, if it is sent. */
  readonly delimiter: number;
  /** Several in one packet. */
  readonly bundle: number;
  /** Part of one. */
  readonly fragment: number;
  /** Header of the NAL unit that a fragment is a part of. */
  readonly headerOf: (payload: Buffer, fragmentHeader: number) => Buffer;
}

const LAYOUTS: Readonly<Record<VideoCodec, Layout>> = {
  h264: {
    headerBytes: 1,
    typeOf: (nal) => (nal[0] ?? 0) & 0x1f,
    isPicture: (type) => type >= 1 && type <= 5,
    isKey: (type) => type === 5,
    isFirstSlice: (nal) => ((nal[1] ?? 0) & 0x80) !== 0,
    parameterSets: [7, 8],
    delimiter: 9,
    bundle: 24,
    fragment: 28,
    headerOf: (payload, fragmentHeader) => Buffer.of(((payload[0] ?? 0) & 0xe0) | (fragmentHeader & 0x1f)),
  },
  h265: {
    headerBytes: 2,
    typeOf: (nal) => ((nal[0] ?? 0) >> 1) & 0x3f,
    isPicture: (type) => type < 32,
    isKey: (type) => type >= 16 && type <= 21,
    isFirstSlice: (nal) => ((nal[2] ?? 0) & 0x80) !== 0,
    parameterSets: [32, 33, 34],
    delimiter: 35,
    bundle: 48,
    fragment: 49,
    headerOf: (payload, fragmentHeader) =>
      Buffer.of(((payload[0] ?? 0) & 0x81) | ((fragmentHeader & 0x3f) << 1), payload[1] ?? 0),
  },
};

const START_CODE = Buffer.of(0, 0, 0, 1);
const MOST_BYTES = 16 * 1024 * 1024;
/** A stream without key frames, that refreshes its pictures bit by bit, is let through after that time. */
const LONGEST_WAIT_FOR_KEY_MS = 5000;

export class AccessUnits {
  /** Pictures that were left out so far. */
  leftOut = 0;
  readonly #layout: Layout;
  /** Of the picture that is being put together. */
  #nals: Buffer[] = [];
  #bytes = 0;
  #timestamp: number | undefined;
  /** Its beginning may be missing. */
  #isCut = false;
  /** Parts so far of a NAL unit that comes in several packets. */
  #fragments: Buffer[] = [];
  /** The latest of each type. */
  readonly #parameterSets = new Map<number, readonly Buffer[]>();
  #waitsSinceMs: number | undefined = Number.NEGATIVE_INFINITY;

  constructor(codec: VideoCodec) {
    this.#layout = LAYOUTS[codec];
  }

  /** Nothing can be decoded until the next key frame. */
  get waitsForKey(): boolean {
    return this.#waitsSinceMs !== undefined;
  }

  /** The next packet in order. @returns the pictures that are whole by it */
  push({ part, isAfterLoss }: Ordered, nowMs: number): AccessUnit[] {
    if (isAfterLoss || this.#bytes > MOST_BYTES) this.lose(nowMs);
    if (this.#waitsSinceMs === Number.NEGATIVE_INFINITY) this.#waitsSinceMs = nowMs;
    const units: AccessUnit[] = [];
    // Not all senders mark the last packet of a picture.
    if (this.#timestamp !== part.timestamp) units.push(...this.#finish(nowMs));
    this.#timestamp = part.timestamp;
    if (isAfterLoss) this.#isCut = !this.#isBeginning(part.payload);
    this.#unpack(part, nowMs);
    if (part.isLast) units.push(...this.#finish(nowMs));
    return units;
  }

  /** Something of the stream is missing here. */
  lose(nowMs: number): void {
    this.#drop();
    this.#waitsSinceMs ??= nowMs;
  }

  /** True when a packet is surely the first of its picture. */
  #isBeginning(payload: Buffer): boolean {
    const { headerBytes, typeOf, bundle, parameterSets, delimiter } = this.#layout;
    const isBundle = payload.length > headerBytes && typeOf(payload) === bundle;
    const type = typeOf(isBundle ? payload.subarray(headerBytes + 2) : payload);
    return type === parameterSets[0] || type === delimiter;
  }

  #unpack({ payload }: RtpPart, nowMs: number): void {
    const { headerBytes, typeOf, bundle, fragment } = this.#layout;
    if (payload.length <= headerBytes) return;
    const type = typeOf(payload);
    if (type === fragment) this.#addFragment(payload, nowMs);
    else if (type === bundle) this.#addBundle(payload);
    else if (type < bundle) this.#add(payload);
  }

  #addBundle(payload: Buffer): void {
    for (let at = this.#layout.headerBytes; at + 2 < payload.length; ) {
      const end = at + 2 + payload.readUInt16BE(at);
      if (end > payload.length) break;
      this.#add(payload.subarray(at + 2, end));
      at = end;
    }
  }

  #addFragment(payload: Buffer, nowMs: number): void {
    const { headerBytes, headerOf } = this.#layout;
    const fragmentHeader = payload[headerBytes] ?? 0;
    const isFirst = (fragmentHeader & 0x80) !== 0;
    if (isFirst) this.#fragments = [headerOf(payload, fragmentHeader)];
    // Its beginning was lost, or came before we did.
    if (this.#fragments.length === 0) {
      this.lose(nowMs);
      return;
    }
    const rest = payload.subarray(headerBytes + 1);
    this.#fragments.push(rest);
    this.#bytes += rest.length;
    if ((fragmentHeader & 0x40) === 0) return;
    this.#add(Buffer.concat(this.#fragments));
    this.#fragments = [];
  }

  #add(nal: Buffer): void {
    if (nal.length === 0) return;
    this.#nals.push(nal);
    this.#bytes += nal.length;
  }

  /** What has come so far is a picture; parameter sets that came alone wait for theirs. */
  #finish(nowMs: number): AccessUnit[] {
    if (this.#fragments.length > 0) this.lose(nowMs);
    const { typeOf, isPicture, isKey, isFirstSlice, parameterSets } = this.#layout;
    const types = this.#nals.map(typeOf);
    const first = this.#nals.find((_, i) => isPicture(types[i] ?? 0));
    for (const type of parameterSets) {
      const ofType = this.#nals.filter((_, i) => types[i] === type);
      if (ofType.length > 0) this.#parameterSets.set(type, ofType);
    }
    const isCut = this.#isCut;
    this.#isCut = false;
    if (this.#timestamp === undefined || first === undefined) return [];
    const isWhole = isFirstSlice(first) && !isCut;
    if (!isWhole) this.#waitsSinceMs ??= nowMs;
    const hasSets = parameterSets.every((type) => this.#parameterSets.has(type));
    const unit = { isKey: hasSets && isWhole && types.some(isKey), timestamp: this.#timestamp };
    const isDue = isWhole && nowMs - (this.#waitsSinceMs ?? nowMs) > LONGEST_WAIT_FOR_KEY_MS;
    const isWanted = unit.isKey || !this.waitsForKey || (isDue && hasSets);
    // A decoder that begins here needs them, even when they were told only once, or before a loss.
    const sets = this.waitsForKey ? parameterSets.flatMap((type) => this.#parameterSets.get(type) ?? []) : [];
    const nals = [...sets, ...this.#nals.filter((nal) => !sets.includes(nal))];
    this.#drop();
    if (!isWanted) {
      this.leftOut += 1;
      return [];
    }
    this.#waitsSinceMs = undefined;
    return [{ ...unit, data: Buffer.concat(nals.flatMap((nal) => [START_CODE, nal])) }];
  }

  #drop(): void {
    this.#nals = [];
    this.#fragments = [];
    this.#bytes = 0;
  }
}
