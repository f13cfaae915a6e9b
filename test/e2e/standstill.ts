/** When a camera stood, by its own clock and the pose of its picture. */
import type { VirtualCamera } from '../../sim/camera/virtual-camera.ts';

const STEP_S = 0.004;
const STILL_DEG = 1e-6;

/**
 * @param sinceS on the camera's clock; at most some seconds ago
 * @param forMs how long it must have stood; null: until now
 * @returns ms from then to where it stood; null: it never did
 */
export function stoodAfterMs(camera: VirtualCamera, sinceS: number, forMs: number | null): number | null {
  const nowS = camera.nowS();
  let fromS: number | null = null;
  for (let timeS = sinceS; timeS < nowS; timeS += STEP_S) {
    if (moves(camera, timeS, timeS + STEP_S)) fromS = null;
    else fromS ??= timeS;
    if (forMs !== null && fromS !== null && timeS - fromS >= forMs / 1000) break;
  }
  return fromS === null ? null : Math.round((fromS - sinceS) * 1000);
}

function moves(camera: VirtualCamera, fromS: number, toS: number): boolean {
  const [from, to] = [camera.poseAt(fromS), camera.poseAt(Math.min(toS, camera.nowS()))];
  return (['panDeg', 'tiltDeg', 'hfovDeg'] as const).some((axis) => Math.abs(to[axis] - from[axis]) > STILL_DEG);
}
