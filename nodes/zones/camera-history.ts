/**
 * Recent states of the camera: a frame is judged by the state of the camera when it was captured. Pure: times are
 * arguments, in ms on any monotonic clock.
 */
import { type CameraNews, type Pose, wrapDeg } from '../../runtime/node.ts';

/** The camera at one moment. */
export interface CameraMoment {
  /** Commanded to move, under way, or not known to be at rest. */
  readonly isMoving: boolean;
  /** It was moving a moment ago. */
  readonly isSettling: boolean;
  /** Token of the preset at which it rests. */
  readonly preset: string | null;
  /** Null: not known. */
  readonly pose: Pose | null;
}

export type News = Omit<CameraNews, 'atMs' | 'panDeg' | 'tiltDeg' | 'hfovDeg'> & {
  readonly atMs: number;
  readonly pose: Pose | null;
};

/** While the camera moves, a position is too old after this time. */
const MOVING_POSE_MS = 1000;
const KEEP_MS = 10_000;

export class CameraHistory {
  /** How long after a motion the camera counts as settling. */
  settleMs: number;
  readonly #news: News[];

  /** @param news of a history that this one goes on with */
  constructor(settleMs: number, news: readonly News[] = []) {
    this.settleMs = settleMs;
    this.#news = [...news];
  }

  get news(): readonly News[] {
    return this.#news;
  }

  /** @param atMs when it was so */
  add(news: CameraNews, atMs: number): void {
    const { moving, preset } = news;
    // What is said later replaces what was said before, also when clocks disagree on which was first.
    const risingMs = Math.max(atMs, this.#news.at(-1)?.atMs ?? atMs);
    this.#news.push({ atMs: risingMs, moving, preset, pose: poseOf(news) });
    const untilMs = risingMs - this.settleMs - KEEP_MS;
    while (this.#news.length > 1 && (this.#news[1]?.atMs ?? untilMs) < untilMs) this.#news.shift();
  }

  /** The camera at a time; before the first report, as that one says. Null: no node has reported a camera. */
  at(ms: number): CameraMoment | null {
    const found = this.#news.findLastIndex(({ atMs }) => atMs <= ms);
    const index = Math.max(0, found);
    const now = this.#news[index];
    if (!now) return null;
    const movedSince = ms - this.settleMs;
    const isSettling = this.#news.some(
      ({ moving }, i) => moving && i < index && (this.#news[i + 1]?.atMs ?? ms) > movedSince,
    );
    return { isMoving: now.moving, isSettling, preset: now.preset, pose: this.#poseAt(ms, now, this.#news[index + 1]) };
  }

  #poseAt(ms: number, now: News, next: News | undefined): Pose | null {
    const isBetween = next !== undefined && next.atMs > ms && next.atMs - now.atMs <= MOVING_POSE_MS;
    if (isBetween && now.atMs < ms && now.pose && next.pose) {
      return between(now.pose, next.pose, (ms - now.atMs) / (next.atMs - now.atMs));
    }
    return now.moving && ms - now.atMs > MOVING_POSE_MS ? null : now.pose;
  }
}

/** @param share 0: a, 1: b */
function between(a: Pose, b: Pose, share: number): Pose {
  return {
    panDeg: wrapDeg(a.panDeg + wrapDeg(b.panDeg - a.panDeg) * share),
    tiltDeg: a.tiltDeg + (b.tiltDeg - a.tiltDeg) * share,
    hfovDeg: a.hfovDeg + (b.hfovDeg - a.hfovDeg) * share,
  };
}

function poseOf({ panDeg, tiltDeg, hfovDeg }: CameraNews): Pose | null {
  if (panDeg === null || tiltDeg === null || hfovDeg === null) return null;
  const isSound = Number.isFinite(panDeg) && Number.isFinite(tiltDeg) && hfovDeg > 0 && hfovDeg < 180;
  return isSound ? { panDeg, tiltDeg, hfovDeg } : null;
}
