/** The source at work: open, pace, loop, reconnect. First connect and reconnect are the same path. */
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type Emit,
  errorCode,
  errorMessage,
  maskPasswords,
  type NodeContext,
  sleep,
  type Timeline,
  WindhoverError,
} from '../../runtime/node.ts';
import { MediaInput } from './media-input.ts';
import type { SourceOptions } from './options.ts';
import { TimelineTracker } from './timeline.ts';

type Outputs = { packets: { kind: 'packet' } };
/** Packets in a row that can't be read before the input counts as broken off. */
const MAX_CORRUPT_READS = 100;
/** A file that ends this much before its stated duration was cut short. */
const CUT_SHORT_S = 0.5;

export class Playback {
  readonly #params: SourceOptions;
  readonly #context: NodeContext<SourceOptions, Outputs>;
  readonly #emit: Emit<Outputs>;
  readonly #name: string;
  /** Path of a file, or a URL. */
  readonly #url: string;
  readonly #isFile: boolean;
  #generation = 0;
  #timeline: TimelineTracker;

  constructor(params: SourceOptions, context: NodeContext<SourceOptions, Outputs>) {
    this.#params = params;
    this.#context = context;
    this.#emit = context.emit;
    this.#url = params.url.startsWith('file://') ? fileURLToPath(params.url) : params.url;
    this.#isFile = !/^[a-z][a-z0-9+.-]+:/i.test(this.#url);
    this.#name = maskPasswords(params.url);
    this.#timeline = new TimelineTracker(params.pace, context.clock);
  }

  /** Plays until the media ends or the run is aborted. @throws WindhoverError (permanent) when a file can't be played */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#isFile) return this.#playFile(signal);
    await this.#context.retry(this.#name, signal, async (connected) => {
      if (!(await this.#play(signal, connected))) throw new WindhoverError('source_lost', 'the stream ended');
    });
  }

  /** What is wrong with a file stays wrong. */
  async #playFile(signal: AbortSignal): Promise<void> {
    this.#refuseMissingFile();
    try {
      await this.#play(signal, () => undefined);
    } catch (cause) {
      if (signal.aborted) return;
      const code = errorCode(cause) ?? 'source_failed';
      throw new WindhoverError(code, `${this.#name}: ${errorMessage(cause)}`, { permanent: true, cause });
    }
  }

  /** One connection. Returns true when the media came to its own end. */
  async #play(signal: AbortSignal, connected: () => void): Promise<boolean> {
    const { start_s, open_timeout_s, loop } = this.#params;
    const input = await MediaInput.open(this.#url, open_timeout_s, signal);
    try {
      const finite = input.durationS > 0 || this.#isFile;
      const fromS = (input.startPtsS ?? 0) + start_s;
      if (finite && start_s > 0) await input.seek(fromS);
      this.#context.gauge('url', this.#name);
      this.#timeline.begin(finite ? 'finite' : 'live', input.frameRate, start_s > 0 ? fromS : input.startPtsS);
      while (true) {
        this.#generation += 1;
        const lastS = await this.#readAll(input, finite, signal, connected);
        if (!finite || signal.aborted) return finite;
        this.#warnIfCutShort(input, lastS);
        if (!loop || lastS === undefined) {
          this.#context.gauge('progress', 1);
          return true;
        }
        await input.seek(fromS);
        this.#timeline.loop(fromS);
      }
    } finally {
      await input.close();
    }
  }

  /** Emits packets until the end. Returns the time of the last one in seconds on the stream's own clock. */
  async #readAll(input: MediaInput, finite: boolean, signal: AbortSignal, connected: () => void) {
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
      const timeline = this.#timeline.at(timeS);
      if (finite && this.#params.pace === 'realtime') await this.#untilDue(timeS, timeline, signal);
      await this.#emitPacket(input, timeline);
      lastS = timeS ?? lastS ?? 0;
      if (finite && input.durationS > 0) this.#gaugeProgress(input, lastS);
    }
    return lastS;
  }

  async #emitPacket(input: MediaInput, timeline: Timeline): Promise<void> {
    const { packet, timeBase, frameRate } = input;
    const codec = input.stream.codecpar;
    await this.#emit.packets({ packet, codec, timeBase, frameRate, generation: this.#generation, timeline });
    packet.unref();
  }

  async #untilDue(timeS: number | undefined, timeline: Timeline, signal: AbortSignal): Promise<void> {
    if (timeS === undefined) return;
    const dueMs = timeline.originMonoMs + (timeS - timeline.originPtsS) * 1000;
    const waitMs = dueMs - this.#context.clock.monoMs();
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

  #refuseMissingFile(): void {
    const path = this.#url;
    if (!existsSync(path)) {
      throw new WindhoverError('source_not_found', `${path}: no such file`, {
        hint: 'paths in a graph are relative to the graph file, those in --set to the working folder',
        permanent: true,
      });
    }
    if (statSync(path).isDirectory()) {
      throw new WindhoverError('source_unreadable', path, {
        expected: 'a video file',
        got: 'a folder',
        permanent: true,
      });
    }
  }
}
