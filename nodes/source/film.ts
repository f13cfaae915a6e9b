/** Plays a film: a file, or one on a web server. Its own time is kept; it can be looped and started anywhere. */
import { AV_PKT_FLAG_CORRUPT } from 'node-av/constants';
import { type Emit, type PacketMessage, sleep, WindhoverError } from '../../runtime/node.ts';
import type { Address } from './address.ts';
import { ClockReport, type Outputs, type SourceContext } from './clock-report.ts';
import { FileTimeline, type Placement } from './file-timeline.ts';
import type { MediaInput, ReadResult } from './media-input.ts';
import type { SourceOptions } from './options.ts';

/** Packets in a row that can't be read before the input counts as broken off. */
const MAX_CORRUPT_READS = 100;
/** A file that ends this much before its stated duration was cut short. */
const CUT_SHORT_S = 0.5;
/** How long before the wanted start to seek to; then it is read from its beginning. */
const SEEK_BACK_S = [0, 3, 15];
const BY_ITS_TIMESTAMPS = { basis: 'timestamps', errorMs: 0, skew: 0 } as const;

export class Film {
  readonly #params: SourceOptions;
  readonly #context: SourceContext;
  readonly #emit: Emit<Outputs>;
  readonly #name: string;
  readonly #timeline: FileTimeline;
  readonly #report: ClockReport;
  readonly #isOnWeb: boolean;
  /** Where the last picture that was read ends, from the beginning of the film. */
  #reachedS: number | undefined;
  /** Where a film that broke off goes on. */
  #resumeS: number | undefined;

  constructor(context: SourceContext, { name, kind }: Address) {
    this.#isOnWeb = kind === 'web';
    this.#params = context.params;
    this.#context = context;
    this.#emit = context.emit;
    this.#name = name;
    this.#timeline = new FileTimeline(context.params.pace, context.clock);
    this.#report = new ClockReport(context);
  }

  /**
   * Plays it to its end, again and again with `loop`.
   * @param first just opened; closed by the caller
   * @param open opens it once more
   * @throws WindhoverError `source_no_picture`
   */
  async play(first: MediaInput, { open, generation, signal, connected }: FilmRun): Promise<void> {
    for (let round = 0; !signal.aborted; round++) {
      const startS = this.#resumeS ?? this.#params.start_s;
      const input = round === 0 && startS === 0 ? first : await this.#openAt(startS, open);
      try {
        const originS = input.startPtsS ?? 0;
        const fromS = originS + startS;
        if (round === 0) this.#timeline.begin(input, startS > 0 ? fromS : input.startPtsS);
        else this.#timeline.loop(fromS);
        await this.#readAll(input, { generation: generation(), startS, signal, connected });
        if (signal.aborted) return;
        this.#checkEnd(input, startS);
        this.#resumeS = undefined;
      } finally {
        if (input !== first) await input.close();
      }
      if (!this.#params.loop) break;
    }
    this.#context.gauge('progress', 1);
  }

  /** @throws WindhoverError when it was not read to its end, and reading on may help */
  #checkEnd({ durationS }: MediaInput, startS: number): void {
    if (this.#reachedS === undefined) {
      throw new WindhoverError('source_no_picture', 'there is not a single picture in its video');
    }
    if (durationS === 0 || this.#reachedS >= durationS - CUT_SHORT_S) return;
    // A server that gave some more goes on from there; one that gives no more has no more.
    if (this.#isOnWeb && this.#reachedS > startS + CUT_SHORT_S) {
      this.#resumeS = this.#reachedS;
      throw new WindhoverError('source_lost', 'the film broke off', { got: `${this.#reachedS.toFixed(1)} s of it` });
    }
    this.#context.log.warn('the file ends early: it is truncated or damaged; all readable frames were processed', {
      code: 'source_cut_short',
      url: this.#name,
      ended_at_s: Math.round(this.#reachedS * 100) / 100,
      stated_duration_s: Math.round(durationS * 100) / 100,
    });
  }

  /** Opens it before `startS`: not every container can be sought exactly, or at all. */
  async #openAt(startS: number, open: () => Promise<MediaInput>): Promise<MediaInput> {
    for (const backS of SEEK_BACK_S) {
      const input = await open();
      const fromS = (input.startPtsS ?? 0) + startS;
      if (backS >= startS || !(await input.seek(fromS - backS))) {
        await input.close();
        break;
      }
      const firstS = await input.peek();
      if (firstS !== undefined && firstS <= fromS) return input;
      await input.close();
    }
    return open();
  }

  /** Emits packets until the end. */
  async #readAll(input: MediaInput, { generation, startS, signal, connected }: Round): Promise<void> {
    const originS = input.startPtsS ?? 0;
    const fromS = originS + startS;
    let [corrupt, packets] = [0, 0];
    let start: PacketMessage['start'];
    this.#reachedS = undefined;
    while (!signal.aborted) {
      const result = await this.#readOrResume(input, startS);
      if (result === 'end') break;
      if (result === 'corrupt') {
        this.#context.count('corrupt_reads');
        corrupt += 1;
        if (corrupt <= MAX_CORRUPT_READS) continue;
        const after_s = this.#reachedS ?? 0;
        this.#context.log.warn('the rest of the input cannot be read', { url: this.#name, after_s });
        break;
      }
      corrupt = 0;
      if (packets === 0) connected();
      // Streams without a container have no times: then the pictures are counted.
      const timeS = input.packetTimeS() ?? originS + packets * this.#timeline.frameS;
      packets += 1;
      const placement = this.#timeline.at(timeS, input.decodingTimeS());
      if (this.#params.pace === 'realtime') await this.#untilDue(timeS, placement, signal);
      const { shiftS } = placement;
      if (startS > 0) start ??= { mediaS: fromS + shiftS, firstMediaS: timeS + shiftS };
      this.#reachedS = Math.max(this.#reachedS ?? 0, timeS + input.packetDurationS() - originS);
      await this.#emitPacket(input, placement, { generation, start });
      if (input.durationS > 0) this.#gaugeProgress(input.durationS, this.#reachedS);
    }
  }

  /** A film on the web whose reading fails is read on from there, as long as there is more each time. */
  async #readOrResume(input: MediaInput, startS: number): Promise<ReadResult> {
    try {
      const result = await input.read();
      // The last packet before a break is but a part of one.
      if (result !== 'packet' || !this.#isOnWeb || !input.packet.hasFlags(AV_PKT_FLAG_CORRUPT)) return result;
      input.packet.unref();
      throw new WindhoverError('source_lost', 'the film broke off in the middle of a picture');
    } catch (error) {
      if (!this.#isOnWeb || this.#reachedS === undefined) throw error;
      const isWhole = input.durationS > 0 && this.#reachedS >= input.durationS - CUT_SHORT_S;
      if (isWhole || this.#reachedS <= startS + CUT_SHORT_S) return 'end';
      this.#resumeS = this.#reachedS;
      throw error;
    }
  }

  async #emitPacket(
    input: MediaInput,
    { shiftS, originMonoMs }: Placement,
    run: Pick<PacketMessage, 'generation' | 'start'>,
  ): Promise<void> {
    const { packet, frameRate } = input;
    input.shiftTimes(shiftS);
    const codec = input.stream.codecpar;
    await this.#emit.packets({ packet, codec, frameRate, ...run, originMonoMs, captureClock: 'media' });
    packet.unref();
    // As fast as it goes, capture times are media times, and nobody looks at the picture.
    if (this.#context.graph.pace !== 'asap') await this.#report.frame(BY_ITS_TIMESTAMPS, originMonoMs);
  }

  async #untilDue(timeS: number, { shiftS, originMonoMs }: Placement, signal: AbortSignal): Promise<void> {
    const waitMs = originMonoMs + (timeS + shiftS) * 1000 - this.#context.clock.monoMs();
    if (waitMs > 1) await sleep(waitMs, signal);
  }

  #gaugeProgress(durationS: number, reachedS: number): void {
    const { start_s } = this.#params;
    const share = (reachedS - start_s) / Math.max(durationS - start_s, 0.001);
    this.#context.gauge('progress', Math.min(1, Math.max(0, Math.round(share * 1000) / 1000)));
  }
}

export interface FilmRun {
  readonly open: () => Promise<MediaInput>;
  /** Number of the next run through it. */
  readonly generation: () => number;
  readonly signal: AbortSignal;
  readonly connected: () => void;
}

/** One run through the film. */
interface Round {
  readonly generation: number;
  /** From the beginning of the film. */
  readonly startS: number;
  readonly signal: AbortSignal;
  readonly connected: () => void;
}
