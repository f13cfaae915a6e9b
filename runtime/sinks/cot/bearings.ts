/**
 * From pictures to compass directions: where a camera looks, and in which direction each of its tracks is. Angles in
 * degrees; azimuths from true north, clockwise, in [0, 360). Pure.
 */
import type { MetadataTick } from '../../../schemas/metadata-tick.ts';
import type { PtzState } from '../../../schemas/ptz-state.ts';
import type { Site } from '../../../schemas/site.ts';
import { directionOf, type Pose, wrapDeg } from '../../geometry.ts';

export interface Bearing {
  readonly azimuthDeg: number;
  /** Up from the horizon. */
  readonly elevationDeg: number;
}

/** The camera as a sensor. */
export interface View extends Bearing {
  readonly hfovDeg: number;
  readonly vfovDeg: number;
}

export interface TrackBearing extends Bearing {
  readonly id: number;
  readonly label: string;
  /** Confidence of the latest detection. */
  readonly conf: number;
  /** How wide the object is seen. */
  readonly widthDeg: number;
}

/** What is known of where a camera looks at a moment: of its pose in the world of its own head. */
export type KnownPose = Pick<PtzState, 'ts_unix_ms' | 'pan_deg' | 'tilt_deg' | 'hfov_deg'>;

/**
 * Where a camera looks at a moment; null: not known. Between two reports the head turns steadily, before and after them it
 * rests. A camera that reports nothing looks where its site says.
 * @param reports oldest first
 */
export function poseAt(site: Site, reports: readonly KnownPose[], tsUnixMs: number): Pose | null {
  const after = reports.find((report) => report.ts_unix_ms >= tsUnixMs) ?? reports.at(-1);
  const before = reports.findLast((report) => report.ts_unix_ms <= tsUnixMs) ?? after;
  if (!after || !before) return fixedPose(site);
  const spanMs = after.ts_unix_ms - before.ts_unix_ms;
  const share = spanMs > 0 ? (tsUnixMs - before.ts_unix_ms) / spanMs : 0;
  const [from, to] = [poseOf(site, before), poseOf(site, after)];
  if (!from || !to) return null;
  return {
    panDeg: from.panDeg + wrapDeg(to.panDeg - from.panDeg) * share,
    tiltDeg: from.tiltDeg + (to.tiltDeg - from.tiltDeg) * share,
    hfovDeg: from.hfovDeg + (to.hfovDeg - from.hfovDeg) * share,
  };
}

/** Where the middle of the picture looks, and how much it shows. */
export function viewOf(pose: Pose, { w, h }: MetadataTick['frame_size']): View {
  const vfovDeg = (2 * Math.atan(Math.tan((pose.hfovDeg / 360) * Math.PI) * (h / w)) * 180) / Math.PI;
  return { ...bearingOf(pose), hfovDeg: pose.hfovDeg, vfovDeg };
}

/** The direction of the middle of each box. */
export function trackBearings(pose: Pose, tick: Pick<MetadataTick, 'frame_size' | 'tracks'>): TrackBearing[] {
  const { w, h } = tick.frame_size;
  return tick.tracks.map(({ id, label, conf, bbox }) => {
    const at = (x: number) => directionOf(pose, { w, h }, { x: x * w, y: (bbox.y + bbox.h / 2) * h });
    const [left, right] = [at(bbox.x), at(bbox.x + bbox.w)];
    const widthDeg = Math.abs(right.panDeg - left.panDeg) * Math.cos((left.tiltDeg / 180) * Math.PI);
    return { id, label, conf, widthDeg, ...bearingOf(at(bbox.x + bbox.w / 2)) };
  });
}

function poseOf(site: Site, { pan_deg, tilt_deg, hfov_deg }: KnownPose): Pose | null {
  const hfovDeg = hfov_deg ?? site.hfov_deg;
  if (pan_deg === null || tilt_deg === null || hfovDeg === undefined) return null;
  return { panDeg: site.heading_deg + pan_deg, tiltDeg: tilt_deg, hfovDeg };
}

function fixedPose({ heading_deg, tilt_deg = 0, hfov_deg }: Site): Pose | null {
  return hfov_deg === undefined ? null : { panDeg: heading_deg, tiltDeg: tilt_deg, hfovDeg: hfov_deg };
}

function bearingOf({ panDeg, tiltDeg }: { panDeg: number; tiltDeg: number }): Bearing {
  return { azimuthDeg: ((panDeg % 360) + 360) % 360, elevationDeg: tiltDeg };
}
