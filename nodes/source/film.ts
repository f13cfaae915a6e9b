/** Plays a film: a file, or one on a web server. Its own time is kept; it can be looped and started anywhere. */
import { AV_PKT_FLAG_DISCARD } from 'node-av/constants';
import { type Emit, type NodeContext, sleep } from '../../runtime/node.ts';
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

  /** Plays it to its end, again and again with `loop`. @param generation the number of the next run through it */
  async play(input: MediaInput, generation: () => number, signal: AbortSignal, connected: () => void): Promise<void> {
    const { start_s, loop } = this.#params;
    const fromS = (input.startPtsS ?? 0) + start_s;
    if (start_s > 0) await input.seek(fromS);
    this.#timeline.begin(input.frameRate, start_s > 0 ? fromS : input.startPtsS);
    while (true) {
      const lastS = await this.#readAll(input, { generation: generation(), fromS, signal, connected });
      if (signal.aborted) return;
      this.#warnIfCutShort(input, lastS);
      if (!loop || lastS === undefined) break;
      await input.seek(fromS);
      this.#timeline.loop(fromS);
    }
    this.#context.gauge('progress', 1);
  }

  /** Emits packets until the end. Returns the time of the last one in seconds on the stream's own clock. */
  async #readAll(input: MediaInput, { generation, fromS, signal, connected }: Round): Promise<number | undefined> {
    let lastS: number | undefined;
    let corrupt = 0;
    while (!signal.aborted) {
      const result = await input.read();
      if (result === 'end') break;
      if (result === 'corrupt') {
        this.#context.count('corrupt_reads');
        corrupt += 1;
        if (corrupt <= MAX_CORRUPT_READS) continue;
        this.#context.log.warn('the rest of the input cannot be read', { url: this.#name, after_s: lastS ?? 0 });
        break;
      }
      corrupt = 0;
      if (lastS === undefined) connected();
      const timeS = input.packetTimeS();
      const placement = this.#timeline.at(timeS);
      if (this.#params.pace === 'realtime') await this.#untilDue(timeS, placement, signal);
      // What lies before the start is decoded only to get there.
      if (timeS !== undefined && this.#params.start_s > 0 && timeS < fromS - this.#timeline.frameS / 2) {
        input.packet.setFlags(AV_PKT_FLAG_DISCARD);
      }
      await this.#emitPacket(input, placement, generation);
      lastS = timeS ?? lastS ?? 0;
      if (input.durationS > 0) this.#gaugeProgress(input, lastS);
    }
    return lastS;
  }

  async #emitPacket(input: MediaInput, { shiftS, originMonoMs }: Placement, generation: number): Promise<void> {
    const { packet, frameRate } = input;
    input.shiftTimes(shiftS);
    const codec = input.stream.codecpar;
    await this.#emit.packets({ packet, codec, frameRate, generation, originMonoMs, captureClock: 'media' });
    packet.unref();
  }

  async #untilDue(timeS: number | undefined, { shiftS, originMonoMs }: Placement, signal: AbortSignal): Promise<void> {
    if (timeS === undefined) return;
    const waitMs = originMonoMs + (timeS + shiftS) * 1000 - this.#context.clock.monoMs();
    if (waitMs > 1) await sleep(waitMs, signal);
  }

  #gaugeProgress(input: MediaInput, lastS: number): void {
    const startS = (input.startPtsS ?? 0) + this.#params.start_s;
    const share = (lastS - startS) / Math.max(input.durationS - this.#params.start_s, 0.001);
    this.#context.gauge('progress', Math.min(1, Math.max(0, Math.round(share * 1000) / 1000)));
  }

  #warnIfCutShort(input: MediaInput, lastS: number | undefined): void {
    const playedS = lastS === undefined ? 0 : lastS - (input.startPtsS ?? 0);
    if (input.durationS === 0 || playedS >= input.durationS - CUT_SHORT_S) return;
    this.#context.log.warn('the file ends early: it is truncated or damaged; all readable frames were processed', {
      code: 'source_cut_short',
      url: this.#name,
      ended_at_s: Math.round(playedS * 100) / 100,
      stated_duration_s: Math.round(input.durationS * 100) / 100,
    });
  }
}

/** One run through the film. */
interface Round {
  readonly generation: number;
  /** On the stream's own clock. */
  readonly fromS: number;
  readonly signal: AbortSignal;
  readonly connected: () => void;
}
