/**
 * What tests, demos and the video source on this machine see of the camera, beside ONVIF: its true pose, the targets,
 * and raw pictures. No login, but only for programs on this machine.
 */
import type { Clock } from '../../runtime/clock.ts';
import type { TargetTruth } from '../render/targets.ts';
import type { PictureSize } from '../scene/scene.ts';
import { AXES } from './motion/head.ts';
import type { OnvifDevice } from './onvif-device.ts';
import type { Traits } from './quirks.ts';
import { FPS, findProfile, profilesOf } from './services/profiles.ts';
import { SoapFault } from './soap/fault.ts';
import type { VirtualCamera } from './virtual-camera.ts';

export interface Watched {
  readonly camera: VirtualCamera;
  readonly device: OnvifDevice;
  readonly traits: Traits;
  readonly quirks: readonly string[];
  readonly clock: Clock;
}

/** How far back poses are known. */
const MAX_AGE_S = 10;

/** Pictures of sizes other than the profiles': both sides even, pixels. */
const SIDE_PX = { min: 16, max: 4096 } as const;

/** The size of a profile's picture. @throws SoapFault `NoProfile` */
export function pictureSize(traits: Traits, profile: string | null): PictureSize {
  return profile === null ? profilesOf(traits)[0].size : findProfile(traits, profile).size;
}

/** What `?profile=TOKEN&size=160x90` ask for; `size` counts. @throws SoapFault `NoProfile`, `InvalidArgVal` */
export function askedSize(traits: Traits, query: URLSearchParams): PictureSize {
  const text = query.get('size');
  if (text === null) return pictureSize(traits, query.get('profile'));
  const [, width = 0, height = 0] = (/^(\d{1,4})x(\d{1,4})$/.exec(text) ?? []).map(Number);
  const fits = (side: number) => side >= SIDE_PX.min && side <= SIDE_PX.max && side % 2 === 0;
  if (fits(width) && fits(height)) return { width, height };
  const expected = `size as 640x360, both even, ${SIDE_PX.min} to ${SIDE_PX.max}`;
  throw new SoapFault('Sender', ['InvalidArgVal'], expected);
}

/** Pictures a second of the stream: `?fps=15`, at most the profiles' own; by default 10. */
export function askedFps(query: URLSearchParams): number {
  return Math.min(FPS, Math.max(1, Number(query.get('fps')) || 10));
}

/**
 * The body of `GET /debug/state?t=SECONDS&profile=TOKEN&size=160x90`.
 * @param timeS on the camera's own time, at most ten seconds back; null: now
 */
export function debugState(
  { camera, device, quirks, traits, clock }: Watched,
  timeS: number | null,
  size: PictureSize,
) {
  const nowS = camera.nowS();
  const atS = timeS === null ? nowS : Math.min(nowS, Math.max(nowS - MAX_AGE_S, timeS));
  const axes = camera.state();
  const { panDeg, tiltDeg, hfovDeg } = camera.poseAt(atS);
  return {
    time_s: atS,
    time_unix_ms: Math.round(clock.unixMs() - (nowS - atS) * 1000),
    pose: { pan_deg: panDeg, tilt_deg: tiltDeg, hfov_deg: hfovDeg },
    encoders: { pan_deg: axes.pan.position, tilt_deg: axes.tilt.position, zoom: axes.zoom.position },
    rates: { pan_deg_s: axes.pan.rate, tilt_deg_s: axes.tilt.rate, zoom_s: axes.zoom.rate },
    moving: Object.fromEntries(AXES.map((axis) => [axis, camera.isMoving(axis)])),
    last_move: device.lastMove && {
      operation: device.lastMove.operation,
      time_s: device.lastMove.timeS,
      fault: device.lastMove.fault,
    },
    calls: Object.fromEntries(device.calls),
    logins: { wrong: device.gate.wrongLogins, locked: device.gate.isLocked },
    quirks,
    profiles: profilesOf(traits).map(({ token }) => token),
    picture: { w: size.width, h: size.height },
    targets: camera.truth(atS, size).map(targetJson),
  };
}

export type DebugState = ReturnType<typeof debugState>;

function targetJson({ id, label, panDeg, tiltDeg, panDegPerS, tiltDegPerS, spanDeg, box }: TargetTruth) {
  return {
    id,
    label,
    pan_deg: panDeg,
    tilt_deg: tiltDeg,
    pan_deg_s: panDegPerS,
    tilt_deg_s: tiltDegPerS,
    span_deg: spanDeg,
    /** Pixels of the picture; null: out of it. */
    box,
  };
}

/** The picture of now, and when and whereto it was taken, for `GET /debug/frame?profile=TOKEN&size=160x90`. */
export function takePicture({ camera, clock }: Watched, size: PictureSize) {
  const timeS = camera.nowS();
  const unixMs = clock.unixMs();
  const { panDeg, tiltDeg, hfovDeg } = camera.poseAt(timeS);
  const meta = {
    time_s: timeS,
    time_unix_ms: unixMs,
    w: size.width,
    h: size.height,
    format: 'i420',
    pose: { pan_deg: panDeg, tilt_deg: tiltDeg, hfov_deg: hfovDeg },
  };
  return { picture: camera.render(timeS, size), meta };
}

export function isThisMachine(address: string | undefined): boolean {
  return address !== undefined && /^(127\.|::1$|::ffff:127\.)/.test(address);
}
