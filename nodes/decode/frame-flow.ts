/** The decoder at work: packets in, frames out, times and counters kept straight. */
import type { CodecParameters, Frame, Packet } from 'node-av/lib';
import {
  type Box,
  type FrameMapping,
  type FrameMeta,
  type FrameRequest,
  type FrameSource,
  type NodeContext,
  type NodeFault,
  type PacketMessage,
  type SharedSlot,
  type Size,
  WallTime,
  WindhoverError,
} from '../../runtime/node.ts';
import { FrameConverter } from './converter.ts';
import { FrozenWatch } from './frozen-picture.ts';
import { MotionReporter } from './motion-reporter.ts';
import type { DecodeOptions } from './options.ts';
import { orientationOf, shownSize } from './orientation.ts';
import { FrameRateLimit } from './rate-limit.ts';
import { StartGate } from './start-gate.ts';
import { frameTimeS, isDamaged, isKeyFrame, VideoDecoder } from './video-decoder.ts';

type Context = NodeContext<DecodeOptions, { frames: { kind: 'frame' } }>;
/** Damaged packets and pictures are logged at the first and then at every so many. */
const LOG_EVERY = 100;
const UNUSED_FRAMES = 250;
/** A stream without key frames repairs itself bit by bit. */
const LONGEST_SMEAR_S = 10;
/** Media time rises by no less, whatever the timestamps say. */
const LEAST_STEP_S = 0.0001;

/** Why pictures of a camera are not handed on. */
const DAMAGED: NodeFault = {
  code: 'decode_damaged',
  message: 'the video is damaged: its pictures are left out until the next key frame',
};
const FROZEN: NodeFault = { code: 'decode_frozen', message: 'the camera sends the same picture again and again' };

/** How far a decoder is. */
interface Decoded {
  /** Of the next frame. */
  readonly index: number;
  /** Of the last frame. */
  readonly mediaTimeS: number;
  readonly captureMonoMs: number;
}

export class FrameFlow {
  readonly #params: DecodeOptions;
  readonly #context: Context;
  #limit: FrameRateLimit;
  /** By consumer, with the frame that each was used for last. */
  readonly #converters = new Map<FrameRequest, { readonly converter: FrameConverter; index: number }>();
  readonly #motion: MotionReporter;
  readonly #start = new StartGate();
  #decoder: VideoDecoder | undefined;
  #codec: unknown;
  #stream: PacketMessage | undefined;
  #index: number;
  /** Until the first frame: what was decoded before this node took over. */
  #predecessor: Decoded | undefined;
  /** Added to media times: over a takeover they go on by the time that has passed. */
  #shiftS = 0;
  #lastCaptureMs = 0;
  readonly #wall: WallTime;
  /** `asap` pace: Unix time of media time 0. */
  readonly #beganUnixMs: number;
  #lastMediaS: number | undefined;
  #damaged = 0;
  #size: Size | undefined;
  /** It was said. */
  #isInterlaced = false;
  /** Live: media time of the last damage, until the next key frame. */
  #damagedAtS = Number.NEGATIVE_INFINITY;
  readonly #frozen: FrozenWatch | undefined;
  /** Told, and not over. */
  #fault: NodeFault | null = null;

  constructor(params: DecodeOptions, context: Context) {
    this.#params = params;
    this.#context = context;
    this.#limit = new FrameRateLimit(params.fps);
    this.#wall = new WallTime(context.clock);
    this.#beganUnixMs = context.clock.unixMs();
    if (params.frozen_after_s > 0) this.#frozen = new FrozenWatch(params.frozen_after_s);
    this.#motion = new MotionReporter(context.board, context.clock);
    const { kept } = context;
    if (typeof kept === 'object' && kept !== null && 'index' in kept) this.#predecessor = kept as Decoded;
    this.#index = this.#predecessor?.index ?? 0;
  }

  /** @param fps highest frame rate handed on from now on; undefined: every frame */
  limit(fps: number | undefined): void {
    this.#limit = new FrameRateLimit(fps);
  }

  /** Where a successor goes on. In `asap` pace none does: it would play the media from its start. */
  handover(): Decoded | undefined {
    this.#tell(null);
    if (this.#context.graph.pace === 'asap') return undefined;
    const mediaTimeS = (this.#lastMediaS ?? 0) + this.#shiftS;
    return this.#predecessor ?? { index: this.#index, mediaTimeS, captureMonoMs: this.#lastCaptureMs };
  }

  async decode(message: PacketMessage): Promise<void> {
    if (message.generation !== this.#stream?.generation) await this.#beginStream(message);
    this.#stream = message;
    if (!this.#decoder?.send(message.packet as Packet)) this.#countDamage('corrupt_packets');
    await this.#drain();
  }

  /**
   * The stream has ended: hands on the frames that the decoder still holds.
   * @throws WindhoverError `decode_no_picture` when there was video and all of it damaged
   */
  async end(): Promise<void> {
    await this.#flush();
    if (this.#index > 0 || this.#damaged === 0) return;
    throw new WindhoverError('decode_no_picture', 'no frame could be decoded', {
      got: `${this.#damaged} damaged packets`,
      hint: 'the file or stream is damaged, or its codec is not the one that the container states',
      permanent: true,
    });
  }

  close(): void {
    this.#decoder?.close();
    this.#motion.close();
    this.#frozen?.close();
    for (const { converter } of this.#converters.values()) converter.close();
  }

  async #flush(): Promise<void> {
    this.#decoder?.send(null);
    await this.#drain();
  }

  async #beginStream(message: PacketMessage): Promise<void> {
    if (this.#stream) await this.#flush();
    if (this.#decoder && this.#codec === message.codec) return this.#decoder.flush();
    this.#decoder?.close();
    this.#decoder = undefined;
    this.#codec = message.codec;
    this.#decoder = new VideoDecoder(message.codec as CodecParameters, this.#params.threads);
  }

  async #drain(): Promise<void> {
    while (true) {
      const frame = this.#decoder?.receive();
      if (!frame) return;
      if (this.#stream && this.#start.keepsBack(frameTimeS(frame), this.#stream)) continue;
      const meta = this.#metaOf(frame);
      if (meta === undefined) return;
      this.#context.count('decoded');
      if (!this.#isGood(frame, meta)) continue;
      this.#tellInterlaced();
      this.#motion.see(frame, meta);
      if (!this.#limit.passes(meta.mediaTimeS)) {
        this.#context.count('rate_limited');
        continue;
      }
      await this.#context.emit.frames(this.#sourceOf(frame, meta));
    }
  }

  /** Counts and tells what is wrong with a picture. */
  #isGood(frame: Frame, meta: FrameMeta): boolean {
    if (isDamaged(frame)) {
      this.#countDamage('corrupt_frames');
      return false;
    }
    if (!this.#isLive) return true;
    if (this.#isSmeared(frame, meta)) {
      this.#context.count('after_damage');
      this.#tell(DAMAGED);
      return false;
    }
    const isFrozen = this.#frozen?.see(frame, meta) ?? false;
    if (isFrozen) this.#context.count('frozen');
    this.#tell(isFrozen ? FROZEN : null);
    return !isFrozen;
  }

  get #isLive(): boolean {
    return this.#stream?.captureClock !== 'media';
  }

  #tell(fault: NodeFault | null): void {
    if (fault === this.#fault) return;
    this.#fault = fault;
    this.#context.fault(fault);
  }

  #sourceOf(frame: Frame, meta: FrameMeta): FrameSource {
    return {
      meta,
      writeInto: (request: FrameRequest, slot: SharedSlot, regionNorm?: Box): FrameMapping => {
        const known = this.#converters.get(request) ?? this.#newConverter(request);
        known.index = meta.index;
        return known.converter.convert(frame, slot, regionNorm);
      },
    };
  }

  /** Those that were not used for long are of consumers that are gone. */
  #newConverter(request: FrameRequest) {
    for (const [other, { converter, index }] of this.#converters) {
      if (this.#index - index < UNUSED_FRAMES) continue;
      converter.close();
      this.#converters.delete(other);
    }
    const known = { converter: new FrameConverter(request), index: this.#index };
    this.#converters.set(request, known);
    return known;
  }

  /** When the frame was captured, and its index. */
  #metaOf(frame: Frame): FrameMeta | undefined {
    if (!this.#stream) return undefined;
    const { originMonoMs, captureClock, frameRate } = this.#stream;
    const frameS = frameRate ? 1 / frameRate : 0.04;
    const lastS = this.#lastMediaS;
    const timeS = frameTimeS(frame) ?? (lastS === undefined ? 0 : lastS + frameS);
    const mediaTimeS = lastS === undefined ? timeS : Math.max(timeS, lastS + LEAST_STEP_S);
    this.#lastMediaS = mediaTimeS;
    const decodedMonoMs = this.#context.clock.monoMs();
    const isAsap = this.#context.graph.pace === 'asap';
    const monoMs = originMonoMs + mediaTimeS * 1000;
    const captureMonoMs = isAsap ? monoMs : Math.min(monoMs, decodedMonoMs);
    if (this.#predecessor) {
      const passedS = (captureMonoMs - this.#predecessor.captureMonoMs) / 1000;
      this.#shiftS = this.#predecessor.mediaTimeS + Math.max(frameS, passedS) - mediaTimeS;
      this.#predecessor = undefined;
    }
    this.#lastCaptureMs = captureMonoMs;
    const captureUnixMs = isAsap ? this.#beganUnixMs + monoMs : this.#wall.at(captureMonoMs);
    const size = this.#sizeOf(frame);
    const index = this.#index++;
    const media = { index, mediaTimeS: mediaTimeS + this.#shiftS, size };
    return { ...media, captureUnixMs, captureMonoMs, decodedMonoMs, captureClock };
  }

  #sizeOf(frame: Frame): Size {
    const size = shownSize(frame, orientationOf(frame));
    const was = this.#size ?? size;
    this.#size = size;
    if (was.w !== size.w || was.h !== size.h) {
      const [from, to] = [was, size].map(({ w, h }) => `${w}x${h}`);
      this.#context.log.info('the picture has another size from now on', { code: 'decode_size_changed', from, to });
    }
    return size;
  }

  /** Pictures of a camera are drawn upon those before them, damaged ones too, until the next key frame. */
  #isSmeared(frame: Frame, { mediaTimeS }: FrameMeta): boolean {
    if (isKeyFrame(frame) || mediaTimeS - this.#damagedAtS > LONGEST_SMEAR_S)
      this.#damagedAtS = Number.NEGATIVE_INFINITY;
    return Number.isFinite(this.#damagedAtS);
  }

  #tellInterlaced(): void {
    if (this.#isInterlaced || !this.#decoder?.isDeinterlacing) return;
    this.#isInterlaced = true;
    this.#context.log.info('the video is interlaced: whole pictures are made of its fields, one picture late', {
      code: 'decode_interlaced',
      hint: 'set the camera to progressive video',
    });
  }

  #countDamage(counter: string): void {
    this.#context.count(counter);
    // Of a file every picture that can be decoded is wanted.
    if (this.#index > 0 && this.#isLive) {
      this.#damagedAtS = this.#lastMediaS ?? 0;
      this.#tell(DAMAGED);
    } else if (this.#damaged % LOG_EVERY === 0) {
      this.#context.log.warn('damaged video: the frame is dropped, decoding continues', {
        code: counter,
        frame_index: this.#index,
        so_far: this.#damaged + 1,
      });
    }
    this.#damaged += 1;
  }
}
