/** Plays a film: a file, or one on a web server. Its own time is kept; it can be looped and started anywhere. */
import { AV_PKT_FLAG_DISCARD } from 'node-av/constants';
import { type Emit, type NodeContext, sleep, WindhoverError } from '../../runtime/node.ts';
import type { clockTopic } from './clock-topic.ts';
import { FileTimeline, type Placement } from './file-timeline.ts';
import type { MediaInput } from './media-input.ts';
import type { SourceOptions } from './options.ts';

export type Outputs = { packets: { kind: 'packet' } };
export type SourceContext = NodeContext<SourceOptions, Outputs, { clock: typeof clockTopic }>;
/** Packets in a row that can't be read before the input counts as broken off. */
const MAX_CORRUPT_READS = 100;
/** A file that ends this much before its stated duration was cut short. */
const CUT_SHORT_S = 0.5;
/** How long before the wanted start to seek to; then it is read from its beginning. */
const SEEK_BACK_S = [0, 3, 15];

export class Film {
  readonly #params: SourceOptions;
  readonly #context: SourceContext;
  readonly #emit: Emit<Outputs>;
  readonly #name: string;
  readonly #timeline: FileTimeline;

  constructor(context: SourceContext, name: string) {
    this.#params = context.params;
    this.#context = context;
    this.#emit = context.emit;
    this.#name = name;
    this.#timeline = new FileTimeline(context.params.pace, context.clock);
  }

  /**
   * Plays it to its end, again and again with `loop`.
   * @param first just opened; closed by the caller
   * @param open opens it once more
   * @throws WindhoverError `source_no_picture`
   */
  async play(first: MediaInput, { open, generation, signal, connected }: FilmRun): Promise<void> {
    const { start_s, loop } = this.#params;
    for (let round = 0; !signal.aborted; round++) {
      const input = round === 0 && start_s === 0 ? first : await this.#openAtStart(open);
      try {
        const fromS = (input.startPtsS ?? 0) + start_s;
        if (round === 0) this.#timeline.begin(input, start_s > 0 ? fromS : input.startPtsS);
        else this.#timeline.loop(fromS);
        const endS = await this.#readAll(input, { generation: generation(), fromS, signal, connected });
        if (signal.aborted) return;
        if (endS === undefined)
          throw new WindhoverError('source_no_picture', 'there is not a single picture in its video');
        this.#warnIfCutShort(input, endS);
      } finally {
        if (input !== first) await input.close();
      }
      if (!loop) break;
    }
    this.#context.gauge('progress', 1);
  }

  /** Opens it before `start_s`: not every container can be sought exactly, or at all. */
  async #openAtStart(open: () => Promise<MediaInput>): Promise<MediaInput> {
    const { start_s } = this.#params;
    for (const backS of SEEK_BACK_S) {
      const input = await open();
      const fromS = (input.startPtsS ?? 0) + start_s;
      if (backS >= start_s || !(await input.seek(fromS - backS))) {
        await input.close();
        break;
      }
      const firstS = await input.peek();
      if (firstS !== undefined && firstS <= fromS) return input;
      await input.close();
    }
    return open();
  }

  /** Emits packets until the end. Returns when the last picture ends, on the stream's own clock; undefined without any. */
  async #readAll(input: MediaInput, { generation, fromS, signal, connected }: Round): Promise<number | undefined> {
    let endS: number | undefined;
    let [corrupt, packets] = [0, 0];
    while (!signal.aborted) {
      const result = await input.read();
      if (result === 'end') break;
      if (result === 'corrupt') {
        this.#context.count('corrupt_reads');
        corrupt += 1;
        if (corrupt <= MAX_CORRUPT_READS) continue;
        this.#context.log.warn('the rest of the input cannot be read', { url: this.#name, after_s: endS ?? 0 });
        break;
      }
      corrupt = 0;
      if (endS === undefined) connected();
      // Streams without a container have no times: then the pictures are counted.
      const timeS = input.packetTimeS() ?? (input.startPtsS ?? 0) + packets * this.#timeline.frameS;
      packets += 1;
      const placement = this.#timeline.at(timeS, input.decodingTimeS());
      if (this.#params.pace === 'realtime') await this.#untilDue(timeS, placement, signal);
      // What lies before the start is decoded only to get there.
      if (this.#params.start_s > 0 && timeS < fromS - this.#timeline.frameS / 2) {
        input.packet.setFlags(AV_PKT_FLAG_DISCARD);
      }
      endS = Math.max(endS ?? 0, timeS + input.packetDurationS());
      await this.#emitPacket(input, placement, generation);
      if (input.durationS > 0) this.#gaugeProgress(input, endS);
    }
    return endS;
  }

  async #emitPacket(input: MediaInput, { shiftS, originMonoMs }: Placement, generation: number): Promise<void> {
    const { packet, frameRate } = input;
    input.shiftTimes(shiftS);
    const codec = input.stream.codecpar;
    await this.#emit.packets({ packet, codec, frameRate, generation, originMonoMs, captureClock: 'media' });
    packet.unref();
  }

  async #untilDue(timeS: number, { shiftS, originMonoMs }: Placement, signal: AbortSignal): Promise<void> {
    const waitMs = originMonoMs + (timeS + shiftS) * 1000 - this.#context.clock.monoMs();
    if (waitMs > 1) await sleep(waitMs, signal);
  }

  #gaugeProgress(input: MediaInput, endS: number): void {
    const startS = (input.startPtsS ?? 0) + this.#params.start_s;
    const share = (endS - startS) / Math.max(input.durationS - this.#params.start_s, 0.001);
    this.#context.gauge('progress', Math.min(1, Math.max(0, Math.round(share * 1000) / 1000)));
  }

  #warnIfCutShort(input: MediaInput, endS: number): void {
    const playedS = endS - (input.startPtsS ?? 0);
    if (input.durationS === 0 || playedS >= input.durationS - CUT_SHORT_S) return;
    this.#context.log.warn('the file ends early: it is truncated or damaged; all readable frames were processed', {
      code: 'source_cut_short',
      url: this.#name,
      ended_at_s: Math.round(playedS * 100) / 100,
      stated_duration_s: Math.round(input.durationS * 100) / 100,
    });
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
  /** On the stream's own clock. */
  readonly fromS: number;
  readonly signal: AbortSignal;
  readonly connected: () => void;
}
