/** The publish node at work: builds the messages from tracks and the target's state, keeps the rate. */
import {
  boardTopics,
  type FrameMeta,
  type MessageOf,
  type Moment,
  momentOf,
  type NodeContext,
  type PtzMessage,
  TargetPhase,
  type TrackingPhase,
  type TracksMessage,
  type topics,
  WallTime,
} from '../../runtime/node.ts';
import { round6, unitInterval, wireBbox } from './bbox.ts';
import {
  type LifecycleEvent,
  type LifecycleOptions,
  type LifecycleState,
  type Sighting,
  TrackLifecycle,
} from './lifecycle.ts';
import type { PublishOptions } from './options.ts';
import { TickRate } from './tick-rate.ts';

type Context = NodeContext<PublishOptions, Record<never, never>, Pick<typeof topics, 'tick' | 'tracks'>>;
const SCHEMA = 'drone-ptz-metadata/1';
/** Without a frame for this long, the phase of the target follows the clock instead of the frames. */
const STALE_MS = 500;
/** Without a frame for this long there is no picture, whatever the nodes are at work on. */
const NO_PICTURE_MS = 5000;
/** Sightings of tracks that are over are logged at the first and then at every so many. */
const LOG_EVERY = 1000;

/** What a tick says of the target. */
type Target = Pick<PtzMessage, 'selectedTargetId' | 'phase' | 'ptz'>;
type WireTrack = Sighting & { readonly velocity: { readonly x: number; readonly y: number } };

/** After a crash: the target, and the ids that were announced. From a predecessor: all of it. */
interface Kept {
  readonly targetId: number | null;
  readonly announced?: readonly number[];
  readonly targetSeenMs?: number;
  readonly lifecycle?: LifecycleState;
  readonly tickDueMs?: number;
  readonly ptz?: PtzMessage | undefined;
  readonly frame?: FrameMeta | undefined;
  readonly frameAtMs?: number;
  readonly settled?: number;
  readonly toldPhase?: TrackingPhase;
  readonly toldTracks?: number;
}

export class Publisher {
  #params: PublishOptions;
  readonly #context: Context;
  readonly #lifecycle: TrackLifecycle;
  readonly #wall: WallTime;
  readonly #target: TargetPhase;
  readonly #rate: TickRate;
  #ptz: PtzMessage | undefined;
  #frame: FrameMeta | undefined;
  #frameAtMs: number;
  /** Unix time of the frame's capture less that of the host's clock: the camera may know it better. */
  #aheadMs = 0;
  /** When some node was last found at work. */
  #busyAtMs = 0;
  #reused = 0;
  #settled: number;
  #toldPhase: TrackingPhase;
  #toldTracks: number;

  constructor(params: PublishOptions, context: Context) {
    this.#params = params;
    this.#context = context;
    const kept = keptOf(context.kept);
    this.#lifecycle = new TrackLifecycle(
      this.#rules(),
      kept.lifecycle ?? { tracks: new Map(), announced: kept.announced ?? [] },
    );
    this.#wall = new WallTime(context.clock);
    this.#target = new TargetPhase(params.grace_s * 1000, kept.targetId, kept.targetSeenMs);
    this.#rate = new TickRate(params.hz, kept.tickDueMs);
    this.#ptz = kept.ptz;
    this.#frame = kept.frame;
    this.#frameAtMs = kept.frameAtMs ?? 0;
    this.#settled = kept.settled ?? 0;
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
      lifecycle: this.#lifecycle.state,
      tickDueMs: this.#rate.dueMs,
      ptz: this.#ptz,
      frame: this.#frame,
      frameAtMs: this.#frameAtMs,
      settled: this.#settled,
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
    this.#target.select(targetId, this.#now().monoMs);
    this.#keep();
  }

  #keep(): void {
    this.#context.keep({ targetId: this.#target.targetId, announced: this.#lifecycle.state.announced });
  }

  /** Called on a beat in `realtime` pace: while no frames come, tracks still end and phases go on. */
  async idle(): Promise<void> {
    const nowMs = this.#context.clock.monoMs();
    const sinceMs = nowMs - this.#frameAtMs;
    // What frames take to get here is no time in which nothing was seen.
    if (!this.#context.isQuiet()) this.#busyAtMs = nowMs;
    if (!this.#frame || sinceMs < STALE_MS) return;
    const { end_after_ms: endAfterMs } = this.#params;
    const isBlank =
      nowMs - Math.max(this.#frameAtMs, this.#busyAtMs) >= endAfterMs || sinceMs >= Math.max(endAfterMs, NO_PICTURE_MS);
    const now = this.#now();
    if (isBlank) await this.#sendEvents(this.#lifecycle.expire(now), now);
    const phase = this.#target.step([], now.monoMs);
    if (phase === this.#toldPhase && !(isBlank && this.#toldTracks > 0)) return;
    const target = { ...this.#ptz, selectedTargetId: this.#target.targetId, phase };
    await this.#sendTick({ ...this.#frame, captureUnixMs: now.unixMs, captureMonoMs: now.monoMs }, [], target, true);
  }

  /** Nothing more comes: every open track ends. */
  async end(): Promise<void> {
    const now = this.#now();
    await this.#sendEvents(this.#lifecycle.endAll(now), now);
  }

  /** @param ptz absent: there is no autotrack node, or it has said nothing about this frame */
  async publish({ frame, tracks, remembered, inferenceMs }: TracksMessage, ptz: PtzMessage | undefined): Promise<void> {
    this.#frame = frame;
    this.#frameAtMs = this.#context.clock.monoMs();
    this.#aheadMs = frame.captureUnixMs - this.#wall.at(frame.captureMonoMs);
    if (ptz) this.#follow(ptz);
    this.#count(frame);
    const sightings = this.#alive(tracks).map((track): WireTrack => {
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
    await this.#sendEvents(this.#lifecycle.see(sightings, now, remembered), now);
    const phase = this.#target.step(
      sightings.map(({ id }) => id),
      now.monoMs,
    );
    const target = this.#ptz ?? { selectedTargetId: this.#target.targetId, phase };
    const live = this.#rate.due(this.#frameAtMs);
    // Every frame counts in a record of a file; live, ticks are the latest state and nothing else.
    const recorded = this.#context.recording && this.#context.graph.pace === 'asap';
    if (live || recorded) await this.#sendTick(frame, sightings, target, live, inferenceMs);
    this.#context.observe('end_to_end_ms', Math.max(0, this.#context.clock.monoMs() - frame.decodedMonoMs));
  }

  /** A frame counts once, however many messages there are about it. */
  #count({ index }: FrameMeta): void {
    if (index < this.#settled) return;
    this.#settled = index + 1;
    this.#context.count('processed');
    this.#context.gauge('settled', this.#settled);
  }

  /** The tracks but those that are over for clients. A tracker that heard of that shows them under another id. */
  #alive(tracks: TracksMessage['tracks']): TracksMessage['tracks'] {
    const alive = tracks.filter(({ id }) => !this.#lifecycle.isOver(id));
    const over = tracks.length - alive.length;
    if (over === 0) return alive;
    this.#context.count('reused_ids', over);
    if (this.#reused % LOG_EVERY === 0) {
      const message = 'a track is left out: its end was told already, and an id is never used twice in a session';
      this.#context.log.warn(message, {
        code: 'reused_id',
        id: tracks.find(({ id }) => this.#lifecycle.isOver(id))?.id,
      });
    }
    this.#reused += over;
    return alive;
  }

  #follow(ptz: PtzMessage): void {
    this.#ptz = ptz;
    if (ptz.selectedTargetId !== this.#target.targetId) this.#target.select(ptz.selectedTargetId, this.#now().monoMs);
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
    const { index, captureMonoMs, decodedMonoMs } = frame;
    await this.#context.publish('tick', message, { live, frame: { index, captureMonoMs, decodedMonoMs, inferenceMs } });
  }

  async #sendEvents(events: readonly LifecycleEvent[], now: Moment): Promise<void> {
    const { sessionId, graph } = this.#context;
    // Before clients hear of them: ids that are out must be on record.
    if (events.some(({ event }) => event === 'new')) this.#keep();
    const ids = events.flatMap(({ event, after }) => (event === 'end' ? after.id : []));
    if (ids.length > 0) this.#context.board.post(boardTopics.tracksOver, { ids });
    for (const event of events) {
      this.#context.count(`events_${event.event}`);
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

  /** On the clock of the captures. `asap`: the last frame, so that runs repeat; `realtime`: as time has passed since. */
  #now(): Moment {
    const { clock, graph } = this.#context;
    if (!this.#frame) return graph.pace === 'asap' ? { monoMs: 0, unixMs: 0 } : momentOf(clock);
    const { captureMonoMs, captureUnixMs } = this.#frame;
    if (graph.pace === 'asap') return { monoMs: captureMonoMs, unixMs: Math.round(captureUnixMs) };
    const monoMs = captureMonoMs + clock.monoMs() - this.#frameAtMs;
    return { monoMs, unixMs: Math.round(this.#wall.at(monoMs) + this.#aheadMs) };
  }
}

function keptOf(kept: unknown): Kept {
  return typeof kept === 'object' && kept !== null && 'targetId' in kept ? (kept as Kept) : { targetId: null };
}

function wireTrack({ id, label, confidence, bboxNorm, velocity, zones }: WireTrack) {
  return { id, label, conf: confidence, bbox: bboxNorm, velocity, ...(zones && zones.length > 0 ? { zones } : {}) };
}
