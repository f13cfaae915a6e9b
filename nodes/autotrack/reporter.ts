/** Publishes the states of camera and autotracker: at once after a change, and at intervals. */
import type { Clock, MessageOf, NodeContext, topics } from '../../runtime/node.ts';
import type { CameraLink } from './camera-link.ts';
import type { TurnAxis } from './control/plant-watch.ts';
import type { Selection } from './selector.ts';
import {
  autotrackState,
  type CalibrationView,
  type PtzStateParts,
  ptzState,
  type Sender,
  type TrackerState,
} from './state-messages.ts';
import type { Decision } from './steering.ts';
import { outOfReach, type WhyInput, whyNot } from './why-not.ts';

export interface Situation {
  readonly decision: Decision;
  readonly isActive: boolean;
  readonly isMoving: boolean | null;
  readonly selection: Selection | null;
  readonly seenMs: number | null;
  readonly hfovDeg: number | null;
  readonly preset: string | null;
  /** Axes at their limit. */
  readonly ends: readonly TurnAxis[];
}

export type StateTopics = Pick<typeof topics, 'ptz' | 'autotrack'>;
type Publish = NodeContext<unknown, Record<never, never>, StateTopics>['publish'];

export interface ReporterParts {
  readonly clock: Clock;
  readonly sessionId: string;
  readonly cameraId: string;
  readonly controlMode: PtzStateParts['controlMode'];
  readonly enabled: () => boolean;
  readonly link: CameraLink;
  readonly calibration: () => CalibrationView;
  /** Beside the driver's own notes. */
  readonly notes: () => readonly string[];
  readonly publish: Publish;
}

/** Intervals of the published position: while it changes, and while it does not. */
const PTZ_MS = 200;
const PTZ_CALM_MS = 2000;
const TRACKER_CALM_MS = 5000;
/** Commands are counted over this. */
const RATE_MS = 5000;

export class Reporter {
  readonly #parts: ReporterParts;
  #ptz = { atMs: Number.NEGATIVE_INFINITY, told: '' };
  #tracker = { atMs: Number.NEGATIVE_INFINITY, told: '' };
  readonly #counts: { atMs: number; sent: number }[] = [];

  constructor(parts: ReporterParts) {
    this.#parts = parts;
  }

  tell(nowMs: number, moment: Situation): void {
    const { link } = this.#parts;
    const ptz = ptzState(this.#sender, this.#ptzParts(moment));
    this.#ptz = this.#tellIf(nowMs, 'ptz', ptz, this.#ptz, PTZ_MS, PTZ_CALM_MS);
    const state = this.#state(moment);
    const tracker = autotrackState(this.#sender, {
      enabled: this.#parts.enabled(),
      active: moment.isActive,
      reason: this.#reason(moment, state),
      state,
      selection: moment.selection,
      capabilities: link.capabilities,
      notes: [...(link.capabilities?.verdict.notes ?? []), ...(link.status?.notes ?? []), ...this.#parts.notes()],
      calibration: this.#parts.calibration(),
      commandsPerS: this.#commandsPerS(nowMs),
      errorShare: moment.decision.errorShare,
    });
    this.#tracker = this.#tellIf(nowMs, 'autotrack', tracker, this.#tracker, 0, TRACKER_CALM_MS);
  }

  #reason(moment: Situation, state: TrackerState) {
    if (moment.isActive) return moment.ends.length > 0 ? outOfReach(moment.ends) : null;
    return whyNot(this.#why(moment, state));
  }

  #state({ decision }: Situation): TrackerState {
    if (!this.#parts.enabled()) return 'off';
    if (!this.#parts.link.isReady) return 'fault';
    return this.#parts.calibration().state === 'running' ? 'calibrating' : decision.mission.state;
  }

  #why({ selection, seenMs }: Situation, state: TrackerState): WhyInput {
    const { link, enabled } = this.#parts;
    return {
      enabled: enabled(),
      link: link.view,
      verdict: link.capabilities?.verdict ?? null,
      state,
      hasTarget: selection !== null,
      wasSeen: seenMs !== null,
    };
  }

  #ptzParts({ isMoving, hfovDeg, preset }: Situation): PtzStateParts {
    const { link, controlMode } = this.#parts;
    const isDegrees = link.capabilities?.positionUnit === 'degrees';
    const { status, velocity } = link;
    return { controlMode, link: link.view, status, isDegrees, isMoving, hfovDeg, preset, velocity };
  }

  /** Sends a message when its content (except time and figures) has changed, or when the interval is over. */
  #tellIf<K extends keyof StateTopics>(
    nowMs: number,
    name: K,
    message: MessageOf<StateTopics[K]>,
    last: { atMs: number; told: string },
    leastMs: number,
    calmMs: number,
  ): { atMs: number; told: string } {
    const sinceMs = nowMs - last.atMs;
    if (sinceMs < leastMs) return last;
    const told = JSON.stringify({ ...message, ts_unix_ms: 0, round_trip_ms: 0, commands_per_s: 0, error_share: 0 });
    if (told === last.told && sinceMs < calmMs) return last;
    void this.#parts.publish(name, message);
    return { atMs: nowMs, told };
  }

  #commandsPerS(nowMs: number): number {
    this.#counts.push({ atMs: nowMs, sent: this.#parts.link.sentCount });
    while ((this.#counts[0]?.atMs ?? nowMs) < nowMs - RATE_MS) this.#counts.shift();
    const [oldest] = this.#counts;
    const spanS = (nowMs - (oldest?.atMs ?? nowMs)) / 1000;
    return spanS > 0 ? (this.#parts.link.sentCount - (oldest?.sent ?? 0)) / spanS : 0;
  }

  get #sender(): Sender {
    const { sessionId, cameraId, clock } = this.#parts;
    return { sessionId, cameraId, unixMs: clock.unixMs() };
  }
}
