/** A live stream by WHEP: connects, and gives one coded picture after the other, as FFmpeg's inputs do. */
import { AV_CODEC_ID_H264, AV_CODEC_ID_HEVC, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { CodecParameters, Packet } from 'node-av/lib';
import { sleep, WindhoverError } from '../../../runtime/node.ts';
import type { LiveInput } from '../arrivals.ts';
import type { ReadResult } from '../media-input.ts';
import { type AccessUnit, AccessUnits, type VideoCodec } from './access-units.ts';
import { type ReceivedPart, Receiver } from './receiver.ts';
import { RtpClock } from './rtp-clock.ts';
import { type Ordered, RtpOrder } from './rtp-order.ts';
import { Signalling, type SignallingOptions } from './signalling.ts';

/** So many pictures wait for their decoder; then some are left out. */
const MOST_WAITING = 300;
const ASK_FOR_KEY_EVERY_MS = 500;
/** A server that is gone says nothing. Silence is so long, and so many times as long as the longest pause before. */
const SILENCE_MS = 2000;
const SILENCE_PAUSES = 4;
const LOOK_EVERY_MS = 100;
const OTHER_STREAM_AFTER_MS = 500;

export interface WhepOptions extends SignallingOptions {
  /** Address of a STUN server, if one is to be asked. */
  readonly stun?: string;
  readonly timeoutS: number;
  readonly signal: AbortSignal;
  readonly count: (name: string, by?: number) => void;
}

interface TimedUnit extends AccessUnit {
  readonly timestampMs: number;
  readonly unixMs: number | undefined;
}

export class WhepInput implements LiveInput {
  readonly isFinite = false;
  readonly isSnapshot = false;
  readonly isSegmented = false;
  readonly heldPackets = 0;
  readonly frameRate = 0;
  readonly packet = new Packet();
  readonly stream = { codecpar: new CodecParameters() };

  readonly #signalling: Signalling;
  readonly #receiver: Receiver;
  readonly #options: WhepOptions;
  readonly #queue: TimedUnit[] = [];
  #unit: TimedUnit | undefined;
  #order = new RtpOrder();
  #clock = new RtpClock();
  #units = new AccessUnits('h264');
  #ssrc: number | undefined;
  #codec: VideoCodec | undefined;
  #packetMs = performance.now();
  #unitMs = performance.now();
  #longestPauseMs = 0;
  /** For packets since the last one came. */
  #looks = 0;
  #askedMs = Number.NEGATIVE_INFINITY;
  #end: WindhoverError | 'end' | undefined;
  #changed: () => void = () => undefined;

  private constructor(url: string, options: WhepOptions) {
    this.#options = options;
    this.#signalling = new Signalling(url, options);
    this.packet.alloc();
    this.stream.codecpar.alloc();
    this.#receiver = new Receiver({
      isLoopback: this.#signalling.isLoopback,
      stun: options.stun,
      events: {
        packet: (part) => this.#take(part),
        report: (timestamp, ntp) => this.#clock.report(timestamp, ntp),
        ended: () => this.#finish(new WindhoverError('source_lost', 'the server closed the connection')),
      },
    });
  }

  /** Connects, and waits for the first packet. @throws WindhoverError as signalling.ts and receiver.ts, `source_timeout` */
  static async open(url: string, options: WhepOptions): Promise<WhepInput> {
    const input = new WhepInput(url, options);
    try {
      await input.#connect();
      return input;
    } catch (error) {
      await input.close();
      throw error;
    }
  }

  async read(): Promise<ReadResult> {
    while (true) {
      const unit = this.#queue.shift();
      if (unit) return this.#fill(unit);
      if (this.#end === 'end') return 'end';
      if (this.#end) throw this.#end;
      this.#checkSilence();
      await Promise.race([this.#change(), sleep(LOOK_EVERY_MS, this.#options.signal)]);
      this.#looks += 1;
    }
  }

  packetTimeS(): number | undefined {
    return this.#unit && this.#unit.timestampMs / 1000;
  }

  absoluteUnixMs(): number | undefined {
    return this.#unit?.unixMs;
  }

  interrupt(): void {
    this.#finish('end');
  }

  async close(): Promise<void> {
    this.#finish('end');
    await Promise.all([this.#signalling.end(), this.#receiver.close()]);
    this.packet.free();
    this.stream.codecpar.free();
  }

  async #connect(): Promise<void> {
    const { timeoutS, signal } = this.#options;
    const late = AbortSignal.timeout(timeoutS * 1000);
    const limit = AbortSignal.any([signal, late]);
    try {
      const offer = await this.#receiver.offer(limit);
      await this.#receiver.accept(await this.#signalling.offer(offer, limit));
      void this.#trickle(offer, limit);
      while (this.#codec === undefined && this.#end === undefined && !limit.aborted) {
        await Promise.race([this.#change(), sleep(LOOK_EVERY_MS, limit)]);
      }
    } catch (error) {
      if (!late.aborted) throw error;
    }
    if (this.#end instanceof WindhoverError) throw this.#end;
    if (this.#codec !== undefined || signal.aborted) return;
    if (this.#receiver.isConnected) throw new WindhoverError('source_stalled', 'connected, but no video comes');
    throw new WindhoverError('source_timeout', 'no connection in time', {
      hint: 'WebRTC goes over UDP: its ports on the server must be open',
    });
  }

  /** Candidates that come too late for the offer. Without them the connection may still come about. */
  async #trickle(offer: string, limit: AbortSignal): Promise<void> {
    if (!this.#signalling.takesCandidates) return;
    const fragment = await this.#receiver.lateCandidates(offer);
    if (fragment !== undefined) await this.#signalling.trickle(fragment, limit).catch(() => undefined);
  }

  #take(part: ReceivedPart): void {
    const nowMs = performance.now();
    if (part.ssrc !== this.#ssrc) {
      // Another one takes its place when it has fallen silent.
      if (this.#ssrc !== undefined && nowMs - this.#packetMs < OTHER_STREAM_AFTER_MS) return;
      this.#begin(part);
    }
    if (part.codec !== this.#codec) {
      this.#finish(new WindhoverError('source_lost', 'the codec has changed'));
      return;
    }
    this.#longestPauseMs = Math.max(this.#longestPauseMs, nowMs - this.#packetMs);
    this.#packetMs = nowMs;
    this.#looks = 0;
    for (const ordered of this.#order.push(part, nowMs)) this.#takeNext(ordered, nowMs);
    if (this.#units.waitsForKey && nowMs - this.#askedMs > ASK_FOR_KEY_EVERY_MS) {
      this.#askedMs = nowMs;
      void this.#receiver.wantKey(part.ssrc);
    }
  }

  /** The first packet of a stream. */
  #begin({ ssrc, codec }: ReceivedPart): void {
    if (this.#codec === undefined) {
      this.#codec = codec;
      this.stream.codecpar.codecType = AVMEDIA_TYPE_VIDEO;
      this.stream.codecpar.codecId = codec === 'h264' ? AV_CODEC_ID_H264 : AV_CODEC_ID_HEVC;
    }
    this.#ssrc = ssrc;
    this.#packetMs = performance.now();
    this.#order = new RtpOrder();
    this.#clock = new RtpClock();
    this.#units = new AccessUnits(codec);
    this.#changed();
  }

  #takeNext(ordered: Ordered, nowMs: number): void {
    const { count } = this.#options;
    const { timestamp, captureNtp } = ordered.part;
    if (ordered.isAfterLoss) count('losses');
    if (captureNtp !== undefined) this.#clock.captured(timestamp, captureNtp);
    const before = this.#units.leftOut;
    for (const unit of this.#units.push(ordered, nowMs)) {
      if (this.#queue.length < MOST_WAITING) this.#queue.push({ ...unit, ...this.#clock.at(unit.timestamp) });
      else this.#units.lose(nowMs);
      this.#changed();
    }
    if (this.#units.leftOut > before) count('before_key_frame', this.#units.leftOut - before);
  }

  #fill(unit: TimedUnit): ReadResult {
    this.#unit = unit;
    this.#unitMs = performance.now();
    this.packet.data = unit.data;
    this.packet.isKeyframe = unit.isKey;
    return 'packet';
  }

  /** @throws WindhoverError `source_stalled` */
  #checkSilence(): void {
    const nowMs = performance.now();
    const mostMs = this.#options.timeoutS * 1000;
    // Looks are counted and not time: while this thread is held up, nothing can be heard.
    const silentMs = Math.min(nowMs - this.#packetMs, this.#looks * LOOK_EVERY_MS);
    if (silentMs > Math.min(mostMs, Math.max(SILENCE_MS, SILENCE_PAUSES * this.#longestPauseMs))) {
      throw new WindhoverError('source_stalled', 'no data before the deadline', {
        got: `${(silentMs / 1000).toFixed(1)} s of silence`,
      });
    }
    if (nowMs - this.#unitMs > mostMs) throw new WindhoverError('source_stalled', 'no key frame before the deadline');
  }

  #finish(end: WindhoverError | 'end'): void {
    this.#end ??= end;
    this.#changed();
  }

  /** Resolves at the next change. */
  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = resolve;
    });
  }
}
