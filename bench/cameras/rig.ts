/** Something that carries cameras, and what is measured of it. */
import { quantile } from '../../test/live/peers.ts';
import { type MachineTime, machineTime, type ProcessMemory, processMemory } from './use.ts';

/** What each camera of a measurement is. */
export interface CameraKind {
  readonly video: string;
  /** Of the picture. */
  readonly name: string;
  /** Detections a second that are asked for. */
  readonly perS: number;
  /** Path of the .onnx file. */
  readonly model: string;
  /** Further settings of the graph, `node.option=value`. */
  readonly sets?: readonly string[];
  /** From the start of one camera to that of the next. */
  readonly apartMs?: number;
}

export interface Rig {
  readonly name: string;
  /** Runs so many cameras. Resolves when each of them has given its first detections. */
  resize(cameras: number): Promise<void>;
  /** Processes of the cameras. */
  pids(): readonly number[];
  /** Takes each set of detections, from now on: number of the camera, and the time since its picture was taken. */
  onDetections(take: (camera: number, latencyMs: number) => void): void;
  close(): Promise<void>;
}

export interface Sample {
  readonly cameras: number;
  /** From the picture to its tracks, over all cameras. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Detections a second, of the camera with the fewest and of the one with the most. */
  readonly leastPerS: number;
  readonly mostPerS: number;
  /** Of all cameras together. */
  readonly allPerS: number;
  /** Cores that the cameras and their server take. */
  readonly cores: number;
  /** Of the cameras' processes. */
  readonly memory: ProcessMemory;
  /** Cores that everything else on the machine takes. */
  readonly otherCores: number;
}

/** The age from which detections are late. */
export const MOST_MS = 300;
/** At 5 a second, two seconds. */
const FIRST_DETECTIONS = 10;
const LONGEST_REST_MS = 15_000;
/** A camera with less of what was asked for is starved. */
const LEAST_SHARE = 0.9;

export function holds({ p95Ms, leastPerS }: Sample, { perS }: CameraKind): boolean {
  return p95Ms <= MOST_MS && leastPerS >= LEAST_SHARE * perS;
}

/** Measures the cameras that run for so long, when all of them have come to rest. */
export async function sample(rig: Rig, cameras: number, seconds: number): Promise<Sample> {
  await rest(rig, cameras);
  const counts = new Map<number, number>();
  const latenciesMs: number[] = [];
  const [startMs, before] = [performance.now(), machineTime([process.pid, ...rig.pids()])];
  rig.onDetections((camera, latencyMs) => {
    counts.set(camera, (counts.get(camera) ?? 0) + 1);
    latenciesMs.push(latencyMs);
  });
  await Bun.sleep(seconds * 1000);
  rig.onDetections(() => undefined);
  const passedS = (performance.now() - startMs) / 1000;
  const after = machineTime([process.pid, ...rig.pids()]);
  const perS = Array.from({ length: cameras }, (_, camera) => (counts.get(camera) ?? 0) / passedS);
  return {
    cameras,
    p50Ms: quantile(latenciesMs, 0.5),
    p95Ms: quantile(latenciesMs, 0.95),
    leastPerS: Math.min(...perS),
    mostPerS: Math.max(...perS),
    allPerS: latenciesMs.length / passedS,
    memory: processMemory(rig.pids()),
    ...coresOf(before, after, passedS),
  };
}

/** Programs are slow at first: each camera has to give some detections. One that is starved is not waited for. */
async function rest(rig: Rig, cameras: number): Promise<void> {
  const counts = Array.from({ length: cameras }, () => 0);
  rig.onDetections((camera) => {
    counts[camera] = (counts[camera] ?? 0) + 1;
  });
  const startMs = performance.now();
  while (Math.min(...counts) < FIRST_DETECTIONS && performance.now() - startMs < LONGEST_REST_MS) await Bun.sleep(50);
}

function coresOf(before: MachineTime, after: MachineTime, passedS: number): { cores: number; otherCores: number } {
  const cores = (after.ownS - before.ownS) / passedS;
  return { cores, otherCores: Math.max(0, (after.busyS - before.busyS) / passedS - cores) };
}
