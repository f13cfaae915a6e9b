/** One opened container: the only place where the source touches FFmpeg. Every call has a deadline. */
import {
  AV_CODEC_ID_H264,
  AV_CODEC_ID_HEVC,
  AV_CODEC_ID_MPEG4,
  AV_DISPOSITION_ATTACHED_PIC,
  AV_LOG_FATAL,
  AV_PKT_DATA_PRFT,
  AV_PKT_FLAG_CORRUPT,
  AVERROR_EOF,
  AVFMT_FLAG_NONBLOCK,
  AVSEEK_FLAG_BACKWARD,
} from 'node-av/constants';
import { Dictionary, FFmpegError, FormatContext, InputFormat, Log, Packet, type Stream } from 'node-av/lib';
import { PACKET_TICKS_PER_S, WindhoverError } from '../../runtime/node.ts';
import type { Address } from './address.ts';
import { Deadline } from './deadline.ts';
import { sourceError } from './faults.ts';
import { isFilm, isSnapshot } from './film-or-camera.ts';
import { STANDARD_INPUT, standardInput } from './local.ts';
import { type ProgramDates, programDates } from './program-date.ts';
import { bestStream, check, firstStream, metadataStream, type Opened } from './streams.ts';

/** Timestamps of streams are 64-bit integers; this one means "none". */
const NO_TIMESTAMP = -0x8000000000000000n;
/** FFmpeg makes times up for a stream of JPEGs over HTTP, as if it had 25 a second. */
const UNTIMED_FORMAT = 'mpjpeg';
/** RTP and TS carry parts of pictures; a picture is known to be whole only when the next one, or the one after it, begins. */
const PIECEMEAL_CODECS: readonly number[] = [AV_CODEC_ID_H264, AV_CODEC_ID_HEVC, AV_CODEC_ID_MPEG4];

/** Their timestamps may begin anew anywhere. */
const JUMPING_FORMATS: readonly string[] = ['mpegts', 'mpeg', 'hls'];
const HELD_BY_FORMAT: Readonly<Record<string, number>> = { rtsp: 1, sdp: 1, rtp: 1, mpegts: 2 };

/** From one look for a picture of a camera on this machine to the next: waiting for it cannot be interrupted. */
const WAIT_MS = 4;

export type ReadResult = 'packet' | 'end' | 'corrupt';

export interface OpenOptions {
  /** Number of the wanted stream; undefined: the best of video. */
  readonly stream: number | undefined;
  readonly timeoutS: number;
  readonly signal: AbortSignal;
}

export class MediaInput {
  readonly packet: Packet;
  readonly stream: Stream;
  /** It has an end, as films have; else it is a camera. */
  readonly isFinite: boolean;
  /** A single picture from a camera: opened again for the next one. */
  readonly isSnapshot: boolean;
  /** Nominal, 0 when unknown. */
  readonly frameRate: number;
  /** 0 when unknown, as it is for live streams. */
  readonly durationS: number;
  /** By how much pictures are later than the times of their packets. */
  readonly heldS: number;
  /** Timestamp of the first frame in seconds, when the container says. */
  readonly startPtsS: number | undefined;
  /** Longest pause that is none but a broken timestamp. */
  readonly longestPauseS: number;
  /** It comes in segments of some seconds, each in one go. */
  readonly isSegmented: boolean;
  /** A packet is read when so many later ones have begun to arrive. */
  readonly heldPackets: number;
  /** It has a track of metadata, of which `onMetadata` gets each packet while the video is read. */
  readonly hasMetadata: boolean;
  onMetadata: (payload: Uint8Array) => void = () => undefined;

  readonly #opened: Opened;
  readonly #isUntimed: boolean;
  readonly #dates: ProgramDates | undefined;
  readonly #metadataIndex: number | undefined;
  /** The first packet was read to see that there is video. */
  #isRead: boolean;

  private constructor(opened: Opened, stream: Stream) {
    const { format, packet } = opened;
    this.#opened = opened;
    this.stream = stream;
    this.packet = packet;
    this.isFinite = opened.isFinite;
    this.#metadataIndex = metadataStream(opened)?.index;
    this.hasMetadata = this.#metadataIndex !== undefined;
    this.isSnapshot = !opened.isFinite && isSnapshot(format);
    this.#isRead = opened.isRead;
    const name = format.iformat?.name ?? '';
    this.#dates = opened.dates;
    this.#isUntimed = name === UNTIMED_FORMAT;
    this.longestPauseS = JUMPING_FORMATS.includes(name) ? 10 : 3600;
    this.isSegmented = name === 'hls' || name === 'dash';
    this.heldPackets = PIECEMEAL_CODECS.includes(stream.codecpar.codecId) ? (HELD_BY_FORMAT[name] ?? 0) : 0;
    const rate = stream.avgFrameRate.num > 0 ? stream.avgFrameRate : stream.rFrameRate;
    this.frameRate = rate.num > 0 && rate.den > 0 ? rate.num / rate.den : 0;
    // The video's own length where the container states it: sound may go on for longer. The picture on a cover has none.
    if (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) this.durationS = 0;
    else if (stream.duration > 0n) this.durationS = this.#seconds(stream.duration);
    else this.durationS = format.duration > 0n ? Number(format.duration) / 1e6 : 0;
    // Where times are those of decoding alone, pictures get the time of the packet that brought them out of the decoder.
    this.heldS = name === 'avi' && this.frameRate > 0 ? stream.codecpar.videoDelay / this.frameRate : 0;
    this.startPtsS = stream.startTime === NO_TIMESTAMP ? undefined : this.#seconds(stream.startTime) + this.heldS;
  }

  /** @throws WindhoverError of faults.ts, `source_unreadable`, `source_timeout`, `source_no_video`, `source_unsupported` */
  static async open(address: Address, { stream, timeoutS, signal }: OpenOptions): Promise<MediaInput> {
    Log.setLevel(AV_LOG_FATAL);
    const format = new FormatContext();
    format.allocContext();
    const packet = new Packet();
    packet.alloc();
    const deadline = new Deadline(format, timeoutS * 1000, signal);
    const opened: Opened = {
      format,
      packet,
      deadline,
      isFinite: false,
      isRead: false,
      dates: undefined,
      relay: undefined,
    };
    try {
      const named = address.format === undefined ? null : InputFormat.findInputFormat(address.format);
      if (address.format === 'v4l2') format.setFlags(AVFMT_FLAG_NONBLOCK);
      const options = Dictionary.fromObject({ ...address.options });
      const dates = await programDates(address, signal);
      const beganMs = performance.now();
      if (address.isRelayed) {
        const { RtspRelay } = await import('./rtsp-relay/relay.ts');
        opened.relay = await RtspRelay.open(address.url, { timeoutMs: timeoutS * 1000, signal });
      }
      const url = address.url === STANDARD_INPUT ? standardInput() : (opened.relay?.url ?? address.url);
      const code = await deadline.of(format.openInput(url, named, options), beganMs);
      if (code < 0 && opened.relay?.fault) throw opened.relay.fault;
      check(code, 'cannot be opened', deadline);
      opened.dates = await dates?.confirmed();
      opened.isFinite = await isFilm(format, address, signal);
      return new MediaInput(
        opened,
        opened.isFinite ? await bestStream(opened, stream) : await firstStream(opened, stream),
      );
    } catch (error) {
      deadline.release();
      packet.free();
      await format.closeInput();
      await opened.relay?.close();
      throw error;
    }
  }

  /** Reads the next packet of the video stream into `packet`; release it with `packet.unref()`. */
  async read(): Promise<ReadResult> {
    if (this.#isRead) {
      this.#isRead = false;
      return 'packet';
    }
    const { format, deadline, relay } = this.#opened;
    // One deadline for all of it: a stream that goes on sending sound but no pictures has stalled, too.
    const beganMs = performance.now();
    while (true) {
      const code = await deadline.of(format.readFrame(this.packet), beganMs);
      // A web server that is not waited for any longer looks as if it had ended, perhaps within a picture.
      const isCut = code < 0 || this.packet.hasFlags(AV_PKT_FLAG_CORRUPT);
      if (deadline.expired && isCut) throw new WindhoverError('source_stalled', 'no data before the deadline');
      if (code >= 0) {
        if (this.packet.streamIndex === this.stream.index) return 'packet';
        if (this.packet.streamIndex === this.#metadataIndex && this.packet.data) this.onMetadata(this.packet.data);
        this.packet.unref();
        continue;
      }
      if (relay?.fault) throw relay.fault;
      if (code === AVERROR_EOF) return 'end';
      const error = FFmpegError.fromCode(code);
      if (error?.isEAGAIN) {
        const pause = Bun.sleep(WAIT_MS).then(() => 0);
        await deadline.of(pause, beganMs);
        continue;
      }
      if (error?.isInvalidData) return 'corrupt';
      throw sourceError(code, 'reading failed', 'source_lost');
    }
  }

  /** Presentation time of the packet in seconds; decoding time when there is none. */
  packetTimeS(): number | undefined {
    if (this.#isUntimed) return undefined;
    const { pts, dts } = this.packet;
    if (pts !== NO_TIMESTAMP) return this.#seconds(pts);
    return dts === NO_TIMESTAMP ? undefined : this.#seconds(dts);
  }

  /** Decoding time of the packet in seconds: the order of packets in the file. */
  decodingTimeS(): number | undefined {
    const { dts } = this.packet;
    return dts === NO_TIMESTAMP ? this.packetTimeS() : this.#seconds(dts);
  }

  /** How long its picture is shown in seconds; 0 when unknown. */
  packetDurationS(): number {
    return this.#seconds(this.packet.duration);
  }

  /** Goes on to the next key frame without taking it: `read` gives it again. @returns its time in seconds */
  async peek(): Promise<number | undefined> {
    while ((await this.read()) === 'packet') {
      this.#isRead = this.packet.isKeyframe;
      if (this.#isRead) return this.packetTimeS();
      this.packet.unref();
    }
    return undefined;
  }

  /** When the picture was taken by the clock of the camera, if the stream says (sender reports, `prft`, dates of HLS). */
  absoluteUnixMs(): number | undefined {
    if (this.#dates) return this.#dates.unixMs(this.packetTimeS());
    const data = this.packet.getSideData(AV_PKT_DATA_PRFT);
    return data && data.length >= 8 ? Number(data.readBigInt64LE(0)) / 1000 : undefined;
  }

  /** Makes media times of the packet's timestamps. @param shiftS media time less timestamp */
  shiftTimes(shiftS: number): void {
    const { packet } = this;
    const shift = BigInt(Math.round(shiftS * PACKET_TICKS_PER_S));
    const { num, den } = this.stream.timeBase;
    const placed = (timestamp: bigint) =>
      timestamp === NO_TIMESTAMP
        ? timestamp
        : (timestamp * BigInt(num) * BigInt(PACKET_TICKS_PER_S)) / BigInt(den) + shift;
    [packet.pts, packet.dts] = [placed(packet.pts), placed(packet.dts)];
  }

  /**
   * Goes to a key frame near that time, on the stream's own clock; whether it is before it depends on the container.
   * @returns false when that can't be done in this container
   */
  async seek(ptsS: number): Promise<boolean> {
    const { num, den } = this.stream.timeBase;
    const { format, deadline } = this.#opened;
    const timestamp = BigInt(Math.round((ptsS * den) / num));
    return (await deadline.of(format.seekFrame(this.stream.index, timestamp, AVSEEK_FLAG_BACKWARD))) >= 0;
  }

  /** Ends the read under way, and all later ones. */
  interrupt(): void {
    this.#opened.format.interrupt();
  }

  async close(): Promise<void> {
    this.#opened.deadline.release();
    this.packet.free();
    await this.#opened.format.closeInput();
    await this.#opened.relay?.close();
  }

  #seconds(timestamp: bigint): number {
    return (Number(timestamp) * this.stream.timeBase.num) / this.stream.timeBase.den;
  }
}
