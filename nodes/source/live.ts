/** Plays a live stream: every packet gets the time at which its picture was taken, as media time. */
import { PACKET_TICKS_PER_S, sleep, WallTime, WindhoverError } from '../../runtime/node.ts';
import { CaptureClock } from '../../timing/index.ts';
import { Arrivals, type Arrived, type LiveInput } from './arrivals.ts';
import { ClockReport, type SourceContext } from './clock-report.ts';
import { UnstatedFilm } from './film-or-camera.ts';
import { type MetadataInput, MetadataTrack } from './metadata-track.ts';
import { Playout } from './playout.ts';

/** A stream without key frames, that refreshes its pictures bit by bit, is let through after that time. */
const LONGEST_WAIT_FOR_KEY_MS = 5000;
const NO_TIMESTAMP = -0x8000000000000000n;

export class Live {
  readonly #context: SourceContext;
  readonly #wall: WallTime;
  readonly #report: ClockReport;
  /** Undefined: it is none for sure, or to be played over and over. */
  readonly #film: UnstatedFilm | undefined;
  /** Capture time of the first picture of all. */
  #originMonoMs: number | undefined;

  /** @param isOnWeb it may turn out to be a film */
  constructor(context: SourceContext, isOnWeb: boolean) {
    this.#context = context;
    this.#film = isOnWeb && !context.params.loop ? new UnstatedFilm() : undefined;
    this.#wall = new WallTime(context.clock);
    this.#report = new ClockReport(context);
  }

  /**
   * Plays one connection until it ends or the signal is aborted.
   * @param connected called when pictures flow
   * @returns true when it was a film, and that is over
   */
  async play(
    input: LiveInput & MetadataInput,
    generation: number,
    signal: AbortSignal,
    connected: () => void,
  ): Promise<boolean> {
    const capture = new CaptureClock(input.isSegmented);
    const playout = input.isSegmented && this.#context.params.pace === 'realtime' ? new Playout() : undefined;
    const metadata = new MetadataTrack(this.#context, input, { generation, originMonoMs: this.#originMonoMs });
    const { clock, count } = this.#context;
    const arrivals = new Arrivals(input, {
      clock,
      wall: this.#wall,
      count,
      film: this.#film,
      observe: (times) => {
        capture.observe(times);
        if (capture.jumpMs !== 0) this.#tellJump(capture.jumpMs);
        if (times.timestampMs !== undefined) playout?.observe(times.timestampMs, times.arrivalMs);
      },
    });
    const reading = arrivals.run(signal);
    try {
      await arrivals.firstBurst(signal);
      return await this.#playAll(arrivals, { input, capture, playout, metadata, generation, signal, connected });
    } finally {
      input.interrupt();
      await reading;
      arrivals.close();
    }
  }

  #tellJump(jumpMs: number): void {
    this.#context.count('clock_jumps');
    const by_s = Math.round(jumpMs / 100) / 10;
    const message = "the camera's timestamps have jumped: its pictures keep the times at which they come";
    this.#context.log.warn(message, { code: 'source_clock_jump', by_s });
  }

  async #playAll(arrivals: Arrivals, connection: Connection): Promise<boolean> {
    const { input, playout, signal, connected } = connection;
    const { codecId } = input.stream.codecpar;
    let isFlowing = false;
    const keyByMs = this.#context.clock.monoMs() + LONGEST_WAIT_FOR_KEY_MS;
    while (!signal.aborted) {
      const arrived = await arrivals.take();
      if (arrived === undefined) return this.#isFilm(arrivals);
      const { packet, times } = arrived;
      try {
        if (playout && times.timestampMs !== undefined) {
          await sleep(playout.dueMs(times.timestampMs) - this.#context.clock.monoMs(), signal);
        }
        if (!isFlowing && !packet.isKeyframe && times.arrivalMs < keyByMs) {
          this.#context.count('before_key_frame');
          continue;
        }
        if (input.stream.codecpar.codecId !== codecId) {
          throw new WindhoverError('source_changed', 'the stream goes on with another codec: it is opened again');
        }
        if (!isFlowing) connected();
        isFlowing = true;
        await this.#emit(arrived, connection);
      } finally {
        packet.free();
      }
    }
    return false;
  }

  #isFilm({ isFilm }: Arrivals): boolean {
    const message = 'the stream is a film without a stated length: its server begins it anew, so it is over';
    if (isFilm) this.#context.log.info(message, { code: 'source_film_over' });
    return isFilm;
  }

  async #emit({ packet, times }: Arrived, connection: Connection): Promise<void> {
    const { input, capture, playout, metadata, generation } = connection;
    const captureMs = capture.captureMs(times, playout ? this.#context.clock.monoMs() : times.arrivalMs);
    this.#originMonoMs ??= captureMs;
    const mediaTimeS = (captureMs - this.#originMonoMs) / 1000;
    packet.pts = BigInt(Math.round(mediaTimeS * PACKET_TICKS_PER_S));
    packet.dts = NO_TIMESTAMP;
    const quality = capture.quality(times.arrivalMs);
    metadata.seen({ packet, times, captureMs, quality, originMonoMs: this.#originMonoMs });
    await this.#context.emit.packets({
      packet,
      codec: input.stream.codecpar,
      frameRate: input.frameRate,
      generation,
      originMonoMs: this.#context.graph.pace === 'asap' ? 0 : this.#originMonoMs,
      captureClock: quality.clock,
    });
    await this.#report.frame(quality, this.#originMonoMs);
  }
}

interface Connection {
  readonly input: LiveInput;
  readonly capture: CaptureClock;
  readonly playout: Playout | undefined;
  readonly metadata: MetadataTrack;
  readonly generation: number;
  readonly signal: AbortSignal;
  readonly connected: () => void;
}
