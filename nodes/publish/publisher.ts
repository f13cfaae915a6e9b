/** The publish node at work: builds the messages from tracks and the target's state, keeps the rate. */
import {
  type FrameMeta,
  type MessageOf,
  type Moment,
  type NodeContext,
  type PtzMessage,
  TargetPhase,
  type TrackingPhase,
  type TracksMessage,
  type topics,
} from '../../runtime/node.ts';
import { round6, unitInterval, wireBbox } from './bbox.ts';
import {
  type LifecycleEvent,
  type LifecycleOptions,
  type Sighting,
  TrackLifecycle,
  type TrackState,
} from './lifecycle.ts';
import type { PublishOptions } from './options.ts';
import { TickRate } from './tick-rate.ts';

type Context = NodeContext<PublishOptions, Record<never, never>, Pick<typeof topics, 'tick' | 'tracks'>>;
const SCHEMA = 'drone-ptz-metadata/1';
/** Without a frame for this long, phases and ends follow the clock instead of the frames. */
const STALE_MS = 500;

/** What a tick says of the target. */
type Target = Pick<PtzMessage, 'selectedTargetId' | 'phase' | 'ptz'>;
type WireTrack = Sighting & { readonly velocity: { readonly x: number; readonly y: number } };

/** After a crash: the target alone. From a predecessor: all of it. */
interface Kept {
  readonly targetId: number | null;
  readonly targetSeenMs?: number;
  readonly tracks?: ReadonlyMap<number, TrackState>;
  readonly tickDueMs?: number;
  readonly ptz?: PtzMessage | undefined;
  readonly frame?: FrameMeta | undefined;
  readonly frameAtMs?: number;
  readonly toldPhase?: TrackingPhase;
  readonly toldTracks?: number;
}

export class Publisher {
  #params: PublishOptions;
  readonly #context: Context;
  readonly #lifecycle: TrackLifecycle;
  readonly #target: TargetPhase;
  readonly #rate: TickRate;
  #ptz: PtzMessage | undefined;
  #frame: FrameMeta | undefined;
  #frameAtMs: number;
  #toldPhase: TrackingPhase;
  #toldTracks: number;

  constructor(params: PublishOptions, context: Context) {
    this.#params = params;
    this.#context = context;
    const kept = keptOf(context.kept);
    this.#lifecycle = new TrackLifecycle(this.#rules(), kept.tracks);
    this.#target = new TargetPhase(params.grace_s * 1000, kept.targetId, kept.targetSeenMs);
    this.#rate = new TickRate(params.hz, kept.tickDueMs);
    this.#ptz = kept.ptz;
    this.#frame = kept.frame;
    this.#frameAtMs = kept.frameAtMs ?? 0;
    this.#toldPhase = kept.toldPhase ?? 'idle';
    this.#toldTracks = kept.toldTracks ?? 0;
  }

  update(params: PublishOptions): void {
    this.#params = params;
    this.#lifecycle.options = this.#rules();
    this.#target.graceMs = params.grace_s * 1000;
    this.#rate.hz = params.hz;
  }

  /** All that a successor needs so that clients notice nothing. */
  handover(): Kept {
    return {
      targetId: this.#target.targetId,
      targetSeenMs: this.#target.lastSeenMs,
      tracks: this.#lifecycle.tracks,
      tickDueMs: this.#rate.dueMs,
      ptz: this.#ptz,
      frame: this.#frame,
      frameAtMs: this.#frameAtMs,
      toldPhase: this.#toldPhase,
      toldTracks: this.#toldTracks,
    };
  }

  #rules(): LifecycleOptions {
    const { confirm_after: confirmAfter, end_after_ms: endAfterMs } = this.#params;
    return { cameraId: this.#context.graph.camera, confirmAfter, endAfterMs };
  }

  /** Commands come here when no other node keeps the target. */
  readonly requests = {
    set_target_id: ({ target_id }: { target_id: number }) => this.#select(target_id),
    clear_target: () => this.#select(null),
  };

  #select(targetId: number | null): void {
    this.#target.select(targetId, this.#nowMs());
    this.#context.keep({ targetId });
  }

  /** Called on a beat in `realtime` pace: while no frames come, tracks still end and phases go on. */
  async idle(): Promise<void> {
    const nowMs = this.#context.clock.monoMs();
    const sinceMs = nowMs - this.#frameAtMs;
    if (!this.#frame || sinceMs < STALE_MS) return;
    // On the clock of the captures: what frames take to get here is no time in which nothing was seen.
    const now = { monoMs: this.#frame.captureMonoMs + sinceMs, unixMs: Math.round(this.#context.clock.unixMs()) };
    await this.#sendEvents(this.#lifecycle.expire(now), now);
    const phase = this.#target.step([], nowMs);
    const cleared = this.#toldTracks > 0 && sinceMs >= this.#params.end_after_ms;
    if (phase === this.#toldPhase && !cleared) return;
    const target = { ...this.#ptz, selectedTargetId: this.#target.targetId, phase };
    await this.#sendTick({ ...this.#frame, captureUnixMs: now.unixMs, captureMonoMs: nowMs }, [], target, true);
  }

  /** Nothing more comes: every open track ends. */
  async end(): Promise<void> {
    const asap = this.#context.graph.pace === 'asap';
    const unixMs = asap && this.#frame ? this.#frame.captureUnixMs : this.#context.clock.unixMs();
    await this.#sendEvents(this.#lifecycle.endAll(), { monoMs: this.#nowMs(), unixMs: Math.round(unixMs) });
  }

  /** @param ptz absent: there is no autotrack node, or it has said nothing about this frame */
  async publish({ frame, tracks, inferenceMs }: TracksMessage, ptz: PtzMessage | undefined): Promise<void> {
    if (ptz) this.#follow(ptz);
    this.#frame = frame;
    this.#frameAtMs = this.#context.clock.monoMs();
    this.#context.count('processed');
    this.#context.gauge('settled', frame.index + 1);
    const sightings = tracks.map((track): WireTrack => {
      const { x, y } = track.velocityPxPerS;
      return {
        id: track.id,
        label: track.label,
        confidence: unitInterval(track.confidence),
        bboxNorm: wireBbox(track.bboxPx, frame.size),
        velocity: { x: round6(x / frame.size.w), y: round6(y / frame.size.h) },
        ...(track.zones ? { zones: track.zones } : {}),
      };
    });
    const now: Moment = { monoMs: frame.captureMonoMs, unixMs: Math.round(frame.captureUnixMs) };
    await this.#sendEvents(this.#lifecycle.see(sightings, now), now);
    const phase = this.#target.step(
      tracks.map(({ id }) => id),
      this.#nowMs(),
    );
    const target = this.#ptz ?? { selectedTargetId: this.#target.targetId, phase };
    const live = this.#rate.due(this.#frameAtMs);
    // Every frame counts in a record of a file; live, ticks are the latest state and nothing else.
    const recorded = this.#context.recording && this.#context.graph.pace === 'asap';
    if (live || recorded) await this.#sendTick(frame, sightings, target, live, inferenceMs);
  }

  #follow(ptz: PtzMessage): void {
    this.#ptz = ptz;
    if (ptz.selectedTargetId !== this.#target.targetId) this.#target.select(ptz.selectedTargetId, this.#nowMs());
  }

  async #sendTick(
    frame: FrameMeta,
    tracks: readonly WireTrack[],
    target: Target,
    live: boolean,
    inferenceMs = 0,
  ): Promise<void> {
    this.#toldPhase = target.phase;
    this.#toldTracks = tracks.length;
    const { sessionId, graph } = this.#context;
    const message: MessageOf<typeof topics.tick> = {
      schema: SCHEMA,
      type: 'metadata_tick',
      session_id: sessionId,
      camera_id: graph.camera,
      ts_unix_ms: Math.round(frame.captureUnixMs),
      ts_mono_ms: Math.max(0, Math.round(frame.captureMonoMs)),
      frame_index: frame.index,
      space: 'source',
      frame_size: { w: frame.size.w, h: frame.size.h },
      selected_target_id: target.selectedTargetId,
      tracking_phase: target.phase,
      ...(target.ptz ? { ptz: target.ptz } : {}),
      tracks: tracks.map(wireTrack),
    };
    const { decodedMonoMs } = frame;
    await this.#context.publish('tick', message, { live, frame: { decodedMonoMs, inferenceMs } });
  }

  async #sendEvents(events: readonly LifecycleEvent[], now: Moment): Promise<void> {
    const { sessionId, graph } = this.#context;
    for (const event of events) {
      await this.#context.publish('tracks', {
        schema: SCHEMA,
        type: 'track_event',
        session_id: sessionId,
        camera_id: graph.camera,
        ts_unix_ms: now.unixMs,
        ...event,
      });
    }
    if (events.length > 0) this.#context.gauge('open_tracks', this.#lifecycle.open);
  }

  /** `asap`: the media's own time, so that runs repeat; `realtime`: the clock. */
  #nowMs(): number {
    if (this.#context.graph.pace === 'asap') return this.#frame?.captureMonoMs ?? 0;
    return this.#context.clock.monoMs();
  }
}

function keptOf(kept: unknown): Kept {
  return typeof kept === 'object' && kept !== null && 'targetId' in kept ? (kept as Kept) : { targetId: null };
}

function wireTrack({ id, label, confidence, bboxNorm, velocity, zones }: WireTrack) {
  return { id, label, conf: confidence, bbox: bboxNorm, velocity, ...(zones && zones.length > 0 ? { zones } : {}) };
}
