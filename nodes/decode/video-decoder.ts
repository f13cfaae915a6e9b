/** FFmpeg's decoder behind two calls: feed a packet, get the frames that came out. */
import { AV_FRAME_FLAG_CORRUPT, AV_FRAME_FLAG_INTERLACED, AV_FRAME_FLAG_KEY } from 'node-av/constants';
import { Codec, CodecContext, type CodecParameters, FFmpegError, Frame, type Packet, Rational } from 'node-av/lib';
import { PACKET_TICKS_PER_S, WindhoverError } from '../../runtime/node.ts';
import { Deinterlacer } from './deinterlacer.ts';

const NO_TIMESTAMP = -0x8000000000000000n;

export class VideoDecoder {
  readonly #context = new CodecContext();
  readonly #frame = new Frame();
  readonly #deinterlacer = new Deinterlacer();
  /** No more packets are to come. */
  #isEnding = false;
  /** The frame holds a picture of the deinterlacer. */
  #isFiltered = false;

  /** @throws WindhoverError `decode_unsupported` */
  constructor(parameters: CodecParameters, threads: number) {
    const codec = Codec.findDecoder(parameters.codecId);
    if (!codec) {
      throw new WindhoverError('decode_unsupported', 'no decoder for this video codec', {
        got: `codec id ${parameters.codecId}`,
        permanent: true,
      });
    }
    this.#context.allocContext3(codec);
    this.#context.parametersToContext(parameters);
    this.#context.pktTimebase = new Rational(1, PACKET_TICKS_PER_S);
    this.#context.threadCount = threads;
    const opened = this.#context.open2Sync(codec, null);
    if (opened < 0) {
      throw new WindhoverError('decode_unsupported', `the ${codec.name} decoder cannot be opened`, {
        got: FFmpegError.strerror(opened),
        permanent: true,
      });
    }
    this.#frame.alloc();
  }

  /** Feeds one packet (null: no more are to come). False when the decoder refused it as damaged. */
  send(packet: Packet | null): boolean {
    this.#isEnding = packet === null;
    return this.#context.sendPacketSync(packet) >= 0;
  }

  get isDeinterlacing(): boolean {
    return this.#deinterlacer.isOn;
  }

  /**
   * The next picture; it is valid until the next call. Undefined when the decoder wants more packets. The decoder lets go of
   * the picture before by itself. Told to, node-av would report the memory of each picture as given back and allocated
   * again, and the engine would collect garbage for it every few pictures.
   */
  receive(): Frame | undefined {
    if (this.#isFiltered) this.#frame.unref();
    this.#isFiltered = false;
    while (!this.#deinterlacer.receive(this.#frame)) {
      if (this.#context.receiveFrameSync(this.#frame) < 0) {
        if (!this.#isEnding || !this.#deinterlacer.isOn) return undefined;
        this.#deinterlacer.send(null);
      } else if (this.#deinterlacer.isOn || this.#frame.hasFlags(AV_FRAME_FLAG_INTERLACED)) {
        this.#deinterlacer.send(this.#frame);
      } else {
        return this.#frame;
      }
    }
    this.#isFiltered = true;
    return this.#frame;
  }

  /** Drops all buffered data, ready for a stream that starts again with the same parameters. */
  flush(): void {
    this.#deinterlacer.close();
    this.#context.flushBuffers();
  }

  close(): void {
    this.#deinterlacer.close();
    this.#frame.free();
    this.#context.freeContext();
  }
}

/** Media time of a frame, if it has one. */
export function frameTimeS(frame: Frame): number | undefined {
  const timestamp = frame.bestEffortTimestamp;
  return timestamp === NO_TIMESTAMP ? undefined : Number(timestamp) / PACKET_TICKS_PER_S;
}

/** True when the decoder knows that the picture is damaged. */
export function isDamaged(frame: Frame): boolean {
  return frame.hasFlags(AV_FRAME_FLAG_CORRUPT) || frame.decodeErrorFlags !== 0;
}

export function isKeyFrame(frame: Frame): boolean {
  return frame.hasFlags(AV_FRAME_FLAG_KEY);
}
