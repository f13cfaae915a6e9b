/** One opened container: the only place where the source touches FFmpeg. Every call has a deadline. */
import { AV_LOG_FATAL, AVERROR_EOF, AVMEDIA_TYPE_VIDEO, AVSEEK_FLAG_BACKWARD } from 'node-av/constants';
import { Dictionary, FFmpegError, FormatContext, Log, Packet, type Stream } from 'node-av/lib';
import { WindhoverError } from '../../runtime/node.ts';

/** Timestamps of streams are 64-bit integers; this one means "none". */
const NO_TIMESTAMP = -0x8000000000000000n;
/** RTSP: without these the first frame takes seconds. TCP: lost packets would be lost pictures. */
const RTSP_OPTIONS = { rtsp_transport: 'tcp', analyzeduration: '1000000', probesize: '1000000' };

/** FFmpeg makes times up for a stream of JPEGs over HTTP, as if it had 25 a second; when each arrives is nearer the truth. */
const UNTIMED_FORMAT = 'mpjpeg';
const MICROSECONDS = { num: 1, den: 1_000_000 };

export type ReadResult = 'packet' | 'end' | 'corrupt';

export class MediaInput {
  readonly packet = new Packet();
  readonly stream: Stream;
  /** Seconds per timestamp unit. */
  readonly timeBase: { readonly num: number; readonly den: number };
  /** Nominal, 0 when unknown. */
  readonly frameRate: number;
  /** 0 when unknown, as it is for live streams. */
  readonly durationS: number;
  /** Timestamp of the first frame in seconds, when the container says. */
  readonly startPtsS: number | undefined;

  readonly #format: FormatContext;
  readonly #deadline: Deadline;
  readonly #isUntimed: boolean;

  private constructor(format: FormatContext, stream: Stream, deadline: Deadline) {
    this.#format = format;
    this.#deadline = deadline;
    this.stream = stream;
    this.packet.alloc();
    this.#isUntimed = format.iformat?.name === UNTIMED_FORMAT;
    this.timeBase = this.#isUntimed ? MICROSECONDS : { num: stream.timeBase.num, den: stream.timeBase.den };
    const rate = stream.avgFrameRate.num > 0 ? stream.avgFrameRate : stream.rFrameRate;
    this.frameRate = rate.den > 0 ? rate.num / rate.den : 0;
    // The video's own length where the container states it: sound may go on for longer.
    if (stream.duration > 0n) this.durationS = this.#seconds(stream.duration);
    else this.durationS = format.duration > 0n ? Number(format.duration) / 1e6 : 0;
    this.startPtsS = stream.startTime === NO_TIMESTAMP ? undefined : this.#seconds(stream.startTime);
  }

  /** @throws WindhoverError `source_unreadable`, `source_timeout` or `source_no_video` */
  static async open(url: string, timeoutS: number, signal: AbortSignal): Promise<MediaInput> {
    Log.setLevel(AV_LOG_FATAL);
    const format = new FormatContext();
    format.allocContext();
    const deadline = new Deadline(format, timeoutS * 1000, signal);
    try {
      const options = /^rtsps?:/.test(url) ? Dictionary.fromObject(RTSP_OPTIONS) : null;
      check(await deadline.of(format.openInput(url, null, options)), 'cannot be opened', deadline);
      check(await deadline.of(format.findStreamInfo(null)), 'has no readable streams', deadline);
      const index = format.findBestStream(AVMEDIA_TYPE_VIDEO);
      const stream = index >= 0 ? format.streams[index] : undefined;
      if (!stream || stream.codecpar.width <= 0) {
        throw new WindhoverError('source_no_video', 'has no video stream', {
          got: `${format.nbStreams} streams of other kinds`,
        });
      }
      return new MediaInput(format, stream, deadline);
    } catch (error) {
      deadline.release();
      await format.closeInput();
      throw error;
    }
  }

  /** Reads the next packet of the video stream into `packet`; release it with `packet.unref()`. */
  async read(): Promise<ReadResult> {
    // One deadline for all of it: a stream that goes on sending sound but no pictures has stalled, too.
    const beganMs = performance.now();
    while (true) {
      const code = await this.#deadline.of(this.#format.readFrame(this.packet), beganMs);
      if (code >= 0) {
        if (this.packet.streamIndex === this.stream.index) {
          if (this.#isUntimed) this.packet.pts = this.packet.dts = BigInt(Math.round(performance.now() * 1000));
          return 'packet';
        }
        this.packet.unref();
        continue;
      }
      if (code === AVERROR_EOF) return 'end';
      const error = FFmpegError.fromCode(code);
      if (error?.isEAGAIN) continue;
      if (this.#deadline.expired) throw new WindhoverError('source_stalled', 'no data before the deadline');
      if (error?.isInvalidData) return 'corrupt';
      throw new WindhoverError('source_lost', 'reading failed', { got: reason(code) });
    }
  }

  /** Presentation time of the packet in seconds; decoding time when there is none. */
  packetTimeS(): number | undefined {
    const { pts, dts } = this.packet;
    if (pts !== NO_TIMESTAMP) return this.#seconds(pts);
    return dts === NO_TIMESTAMP ? undefined : this.#seconds(dts);
  }

  /** Goes to the last key frame at or before this time (seconds on the stream's own clock). */
  async seek(ptsS: number): Promise<void> {
    const timestamp = BigInt(Math.round((ptsS * this.timeBase.den) / this.timeBase.num));
    check(
      await this.#deadline.of(this.#format.seekFrame(this.stream.index, timestamp, AVSEEK_FLAG_BACKWARD)),
      `cannot be started at ${ptsS.toFixed(2)} s`,
      this.#deadline,
    );
  }

  async close(): Promise<void> {
    this.#deadline.release();
    this.packet.free();
    await this.#format.closeInput();
  }

  #seconds(timestamp: bigint): number {
    return (Number(timestamp) * this.timeBase.num) / this.timeBase.den;
  }
}

/** Interrupts FFmpeg's blocking calls when they take too long or the run is aborted. */
class Deadline {
  expired = false;
  readonly #format: FormatContext;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal;
  readonly #onAbort = () => this.#format.interrupt();
  readonly #timer: ReturnType<typeof setInterval>;
  /** When the call under way began; NaN while there is none. One timer serves all calls: reads are many. */
  #beganMs = Number.NaN;

  constructor(format: FormatContext, timeoutMs: number, signal: AbortSignal) {
    this.#format = format;
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort);
    this.#timer = setInterval(() => this.#look(), Math.min(250, timeoutMs / 4));
  }

  /** @param beganMs when the work began that the call is a part of */
  async of(call: Promise<number>, beganMs = performance.now()): Promise<number> {
    this.#beganMs = beganMs;
    const code = await call;
    this.#beganMs = Number.NaN;
    return code;
  }

  release(): void {
    clearInterval(this.#timer);
    this.#signal.removeEventListener('abort', this.#onAbort);
  }

  #look(): void {
    if (!(performance.now() - this.#beganMs > this.#timeoutMs)) return;
    this.expired = true;
    this.#format.interrupt();
  }
}

function check(code: number, what: string, deadline: Deadline): void {
  if (code >= 0) return;
  if (deadline.expired) throw new WindhoverError('source_timeout', `${what}: no answer in time`);
  throw new WindhoverError('source_unreadable', what, { got: reason(code) });
}

function reason(code: number): string {
  return FFmpegError.strerror(code);
}
