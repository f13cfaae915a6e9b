/**
 * What clients are told beside the ticks: where the camera is (`ptz_state`) and what the autotracker does and why not
 * (`autotrack_state`). Two messages, so that a camera that moves does not look like news about the tracker. The fields
 * are those of schemas/ptz-state.ts and schemas/autotrack-state.ts.
 */

import type { Capabilities, Link, PtzStatus, Velocity } from '../../ptz/index.ts';
import type { MessageOf, topics } from '../../runtime/node.ts';
import type { MissionOutput } from './mission.ts';
import type { Selection } from './selector.ts';

/** Who and when: the same in every message. */
export interface Sender {
  readonly sessionId: string;
  readonly cameraId: string;
  readonly unixMs: number;
}

export interface PtzStateParts {
  readonly controlMode: 'onvif' | 'octagon' | 'sim';
  readonly link: Pick<Link, 'state' | 'reason'>;
  readonly status: PtzStatus | null;
  /** The camera's positions are degrees. */
  readonly isDegrees: boolean;
  readonly isMoving: boolean | null;
  readonly hfovDeg: number | null;
  readonly preset: string | null;
  readonly velocity: Velocity;
}

export type TrackerState = MissionOutput['state'] | 'off' | 'calibrating' | 'fault';

export interface CalibrationView {
  readonly state: 'none' | 'running' | 'done' | 'failed';
  /** How well repeated movements agreed, in [0, 1]. */
  readonly repeatability: number | null;
  readonly atUnixMs: number | null;
  readonly delayMs: number | null;
  readonly panDegPerS: number | null;
  readonly tiltDegPerS: number | null;
}

export interface AutotrackStateParts {
  readonly enabled: boolean;
  readonly active: boolean;
  readonly reason: { readonly code: string; readonly message: string } | null;
  readonly state: TrackerState;
  readonly selection: Selection | null;
  readonly capabilities: Capabilities | null;
  readonly notes: readonly string[];
  readonly calibration: CalibrationView;
  readonly commandsPerS: number | null;
  readonly errorShare: number | null;
}

export function ptzState({ sessionId, cameraId, unixMs }: Sender, parts: PtzStateParts): MessageOf<typeof topics.ptz> {
  const { status, velocity } = parts;
  const degrees = (value: number | null | undefined) => (parts.isDegrees ? round(value ?? null, 3) : null);
  return {
    schema: 'drone-ptz-ptz/1',
    type: 'ptz_state',
    session_id: sessionId,
    camera_id: cameraId,
    ts_unix_ms: Math.round(unixMs),
    control_mode: parts.controlMode,
    link: { state: parts.link.state, reason: parts.link.reason },
    moving: parts.isMoving,
    pan_deg: degrees(status?.pan),
    tilt_deg: degrees(status?.tilt),
    zoom: round(unitOrNull(status?.zoom ?? null), 4),
    hfov_deg: round(parts.hfovDeg, 3),
    preset: parts.preset,
    cmd: { pan: velocity.pan, tilt: velocity.tilt, zoom: velocity.zoom },
    round_trip_ms: round(status?.roundTripMs ?? null, 1),
  };
}

export function autotrackState(
  { sessionId, cameraId, unixMs }: Sender,
  parts: AutotrackStateParts,
): MessageOf<typeof topics.autotrack> {
  const verdict = parts.capabilities?.verdict ?? null;
  const { calibration } = parts;
  return {
    schema: 'drone-ptz-autotrack/1',
    type: 'autotrack_state',
    session_id: sessionId,
    camera_id: cameraId,
    ts_unix_ms: Math.round(unixMs),
    enabled: parts.enabled,
    active: parts.active,
    reason: parts.reason,
    state: parts.state,
    target_id: parts.selection?.id ?? null,
    selected_by: parts.selection?.by ?? null,
    rung: verdict?.rung ?? null,
    verified: verdict?.verified ?? false,
    stops_by_itself: verdict?.stopsByItself ?? 'unverified',
    rejected: (verdict?.rejected ?? []).map(({ rung, reason }) => ({ rung, reason })),
    notes: parts.notes,
    calibration: {
      state: calibration.state,
      repeatability: round(calibration.repeatability, 3),
      at_unix_ms: calibration.atUnixMs === null ? null : Math.round(calibration.atUnixMs),
      delay_ms: round(calibration.delayMs, 0),
      pan_deg_per_s: round(calibration.panDegPerS, 2),
      tilt_deg_per_s: round(calibration.tiltDegPerS, 2),
    },
    commands_per_s: round(parts.commandsPerS, 1),
    error_share: round(parts.errorShare, 4),
  };
}

function round(value: number | null, digits: number): number | null {
  if (value === null || !Number.isFinite(value)) return null;
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}

function unitOrNull(value: number | null): number | null {
  return value === null ? null : Math.min(1, Math.max(0, value));
}
