/** Events in the form that Frigate publishes. Pure. */
import type { TrackEvent, TrackSummary } from '../../../schemas/index.ts';

interface Size {
  readonly w: number;
  readonly h: number;
}

/** What Frigate says of a track beside the summary of it. */
interface Seen {
  readonly frame_time: number;
  readonly entered_zones: readonly string[];
}

/** Tracks of one camera, which remembers the zones that each has been in. */
export class FrigateEvents {
  readonly #seen = new Map<string, Seen>();

  /** @param frame size of the picture in pixels, if it is known */
  convert(event: TrackEvent, frame: Size | undefined): object {
    const { camera_id: camera, session_id, event: type, ts_unix_ms } = event;
    const id = frigateId(session_id, event.after);
    const before = this.#seen.get(id);
    const entered_zones = [...new Set([...(before?.entered_zones ?? []), ...(event.after.zones ?? [])])];
    const seen = { frame_time: ts_unix_ms / 1000, entered_zones };
    if (type === 'end') this.#seen.delete(id);
    else this.#seen.set(id, seen);
    const after = { id, camera, ...seen, ...ofSummary(event.after, frame) };
    // Frigate has a "before" in a first event, too.
    const earlier = event.before && before ? { id, camera, ...before, ...ofSummary(event.before, frame) } : after;
    return { type, before: earlier, after };
  }
}

function ofSummary(summary: TrackSummary, frame: Size | undefined) {
  const { x, y, w, h } = summary.best_bbox ?? { x: 0, y: 0, w: 0, h: 0 };
  const { w: width, h: height } = frame ?? { w: 1, h: 1 };
  const box = [x * width, y * height, (x + w) * width, (y + h) * height].map(Math.round);
  const sidesPx = { w: Math.max(1, w * width), h: Math.max(1, h * height) };
  return {
    label: summary.label,
    sub_label: null,
    top_score: summary.top_conf,
    score: summary.top_conf,
    false_positive: false,
    start_time: summary.start_ts_unix_ms / 1000,
    end_time: summary.end_ts_unix_ms === null ? null : summary.end_ts_unix_ms / 1000,
    box,
    area: Math.round(sidesPx.w * sidesPx.h),
    ratio: Math.round((sidesPx.w / sidesPx.h) * 100) / 100,
    region: [0, 0, width, height],
    current_zones: summary.zones ?? [],
    has_snapshot: false,
    has_clip: false,
    active: summary.end_ts_unix_ms === null,
    stationary: false,
    motionless_count: 0,
    position_changes: 0,
  };
}

/** `<start>.<fraction>-<6 characters>`; the same for all events of a track. */
function frigateId(session: string, { id, start_ts_unix_ms }: TrackSummary): string {
  const name = Bun.hash(`${session}/${id}`).toString(36).padStart(6, '0').slice(-6);
  return `${(start_ts_unix_ms / 1000).toFixed(6)}-${name}`;
}
