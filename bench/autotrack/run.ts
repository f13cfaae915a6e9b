/** Closes the loop between one controller and one simulated camera. */
import type { PlantSpec, TargetPath } from './files.ts';
import { type CaseFigures, Meter } from './metrics.ts';
import { type Frame, type Order, placeAt, SimulatedCamera, takePicture } from './plant.ts';
import { Random } from './random.ts';

/** Step of the simulation. */
export const STEP_MS = 5;
/** A controller is called this often between pictures. */
export const TICK_MS = 50;

/** What is compared. Every call may give an order to the camera. */
export interface Contestant {
  /** A picture has come in, with or without the target. */
  frame(nowMs: number, frame: Frame, idle: boolean): Order | null;
  /** Time has passed. */
  tick(nowMs: number, idle: boolean): Order | null;
}

export function runCase(spec: PlantSpec, path: TargetPath, contestant: Contestant): CaseFigures {
  const camera = new SimulatedCamera(spec);
  const random = new Random(spec.seed);
  const endMs = (path.target.at(-1)?.[0] ?? 0) * 1000;
  const meter = new Meter(spec, endMs);
  const under: Frame[] = [];
  let pictures = 0;
  const order = (nowMs: number, given: Order | null) => {
    if (given === null) return;
    camera.send(nowMs, given);
    meter.ordered(nowMs, given);
  };
  for (let nowMs = 0; nowMs <= endMs; nowMs += STEP_MS) {
    camera.advance(nowMs);
    const place = placeAt(path, nowMs / 1000);
    if (nowMs >= (pictures * 1000) / spec.detect_hz) {
      pictures++;
      under.push(takePicture(spec, camera.pose, place, nowMs, random));
    }
    for (let frame = under[0]; frame !== undefined && frame.arrivesMs <= nowMs; frame = under[0]) {
      under.shift();
      if (frame.bbox !== null) meter.seen(nowMs);
      order(nowMs, contestant.frame(nowMs, frame, camera.reportsIdle(nowMs)));
    }
    if (nowMs % TICK_MS === 0) order(nowMs, contestant.tick(nowMs, camera.reportsIdle(nowMs)));
    meter.add(nowMs, camera, place);
  }
  return meter.figures(camera);
}
