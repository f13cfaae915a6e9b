/**
 * Random cameras and random target paths, the same for the same seed: what the controller was not tuned on.
 *
 * The ranges are those in which the bounds are meant to hold: motors of 8 to 200 °/s, 100 to 700 ms from command to
 * picture, 5 to 25 detections a second, boxes that jitter by up to a fifth of their width, a fifth of them missed.
 */
import type { PlantSpec, TargetPath } from './files.ts';
import { Random } from './random.ts';

/** Kinds of camera: what is unlike a middling one. */
const PLANT_KINDS = ['fast', 'medium', 'slow', 'heavy', 'noisy', 'seldom', 'narrow', 'wide', 'worst'] as const;
type PlantKind = (typeof PLANT_KINDS)[number];

const PATH_KINDS = {
  still: stillPath,
  constant: constantPath,
  turns: turnsPath,
  weaving: weavingPath,
  crossing: crossingPath,
  hover: hoverPath,
  sway: swayPath,
  creep: creepPath,
  approach: approachPath,
} as const;

/** Length of a path. */
const SECONDS = 30;
const SAMPLE_S = 0.25;

type Target = TargetPath['target'];
type Sample = readonly [panDeg: number, tiltDeg: number, widthDeg: number];

/** One camera of each kind. */
export function generatePlants(seed: number): PlantSpec[] {
  return PLANT_KINDS.map((kind, k) => plantOf(kind, seed, new Draw(seed * 1009 + k)));
}

/** `each` paths of each kind. */
export function generatePaths(seed: number, each = 2): TargetPath[] {
  return Object.entries(PATH_KINDS).flatMap(([kind, make], k) =>
    Array.from({ length: each }, (_, n) => {
      const target = make(new Draw(seed * 1013 + 97 * k + n + 500_009));
      return { name: `${kind}-${seed}-${n + 1}`, target };
    }),
  );
}

/** Random numbers from ranges. */
class Draw {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.#random.uniform();
  }

  /** All factors alike likely. */
  ratio(low: number, high: number): number {
    return low * (high / low) ** this.#random.uniform();
  }

  sign(): 1 | -1 {
    return this.#random.uniform() < 0.5 ? -1 : 1;
  }
}

function plantOf(kind: PlantKind, seed: number, draw: Draw): PlantSpec {
  const fullDegS = kind === 'fast' ? draw.ratio(80, 200) : kind === 'slow' ? draw.ratio(12, 25) : draw.ratio(35, 90);
  const rampS = kind === 'heavy' ? draw.ratio(0.8, 2) : draw.ratio(0.1, 0.7);
  const tilt = draw.between(0.6, 0.95);
  const delayMs = kind === 'worst' ? draw.between(500, 700) : draw.between(100, 700);
  const commandPart = draw.between(0.3, 0.6);
  const hard = kind === 'worst';
  return {
    name: `${kind}-${seed}-${Math.round(delayMs)}ms`,
    hfov_deg: round(
      kind === 'narrow' ? draw.between(25, 35) : kind === 'wide' ? draw.between(80, 100) : draw.between(50, 65),
    ),
    aspect: kind === 'wide' ? 1.333 : 1.778,
    pan: { max_deg_s: round(fullDegS), accel_deg_s2: round(fullDegS / rampS) },
    tilt: { max_deg_s: round(fullDegS * tilt), accel_deg_s2: round((fullDegS * tilt) / rampS) },
    command_delay_ms: Math.round(delayMs * commandPart),
    frame_delay_ms: Math.round(delayMs * (1 - commandPart)),
    detect_hz: round(kind === 'seldom' || hard ? draw.between(5, 8) : draw.ratio(8, 25)),
    noise_box: round(
      kind === 'noisy' ? draw.between(0.12, 0.2) : hard ? draw.between(0.08, 0.12) : draw.ratio(0.02, 0.08),
    ),
    miss: round(kind === 'seldom' || hard ? draw.between(0.1, 0.2) : draw.between(0, 0.1)),
    seed: seed * 100 + 7,
  };
}

/** Samples of a motion, rounded. */
function sampled(at: (timeS: number) => Sample, stepS = SAMPLE_S): Target {
  return Array.from({ length: Math.round(SECONDS / stepS) + 1 }, (_, k) => {
    const [pan, tilt, width] = at(k * stepS);
    return [k * stepS, round(pan), round(tilt), round(width)];
  });
}

/** Somewhere in the picture at the start, also of a narrow lens. */
function startOf(draw: Draw): Sample {
  return [draw.between(-9, 9), draw.between(-4, 4), draw.ratio(1, 3)];
}

function stillPath(draw: Draw): Target {
  const start = startOf(draw);
  return sampled(() => start, SECONDS);
}

function constantPath(draw: Draw): Target {
  const [pan, tilt, width] = startOf(draw);
  const [panRate, tiltRate] = [draw.sign() * draw.ratio(1.2, 9), draw.between(-0.3, 0.8)];
  return sampled((t) => [pan + panRate * t, tilt + tiltRate * t, width], SECONDS);
}

function turnsPath(draw: Draw): Target {
  let [pan, tilt, width] = startOf(draw);
  let way = draw.sign();
  const target: Target = [[0, round(pan), round(tilt), round(width)]];
  for (let timeS = 0; timeS < SECONDS; ) {
    const legS = Math.min(SECONDS - timeS, draw.between(3, 7));
    timeS += legS;
    pan += way * draw.ratio(1.5, 7) * legS;
    tilt = draw.between(-3, 3) + (tilt > 8 ? 2 : tilt + 1);
    way = -way as 1 | -1;
    width = Math.min(4, Math.max(0.8, width * draw.ratio(0.8, 1.25)));
    target.push([round(timeS), round(pan), round(tilt), round(width)]);
  }
  return target;
}

function weavingPath(draw: Draw): Target {
  const [pan, tilt, width] = startOf(draw);
  const rate = draw.sign() * draw.between(0, 5);
  const [panDeg, panS, tiltDeg, tiltS] = [
    draw.between(2, 6),
    draw.between(5, 12),
    draw.between(1, 4),
    draw.between(5, 12),
  ];
  const [panAt, tiltAt] = [draw.between(0, 6.28), draw.between(0, 6.28)];
  return sampled((t) => [
    pan + rate * t + panDeg * (wave(t / panS, panAt) - Math.sin(panAt)),
    tilt + tiltDeg * (wave(t / tiltS, tiltAt) - Math.sin(tiltAt)),
    width,
  ]);
}

/** Past the camera on a straight line: slow, fast, slow. */
function crossingPath(draw: Draw): Target {
  const way = draw.sign();
  const [nearestS, peak, start] = [draw.between(9, 18), draw.ratio(4, 14), startOf(draw)];
  const [pan, tilt, width] = start;
  const at = (t: number) => Math.atan(((peak * Math.PI) / 180) * (t - nearestS));
  return sampled((t) => {
    const near = Math.cos(at(t)) / Math.cos(at(0));
    return [pan + (way * (at(t) - at(0)) * 180) / Math.PI, tilt + 4 * (near - 1), Math.min(4, width * 0.7 * near)];
  });
}

/** Holds its place in the wind. */
function hoverPath(draw: Draw): Target {
  const [pan, tilt, width] = startOf(draw);
  const sizeDeg = draw.ratio(0.2, 1);
  const wobble = () => {
    const parts = [1, 0.6, 0.4].map((part) => [part, draw.ratio(1.5, 7), draw.between(0, 6.28)] as const);
    return (t: number) => parts.reduce((sum, [part, s, phase]) => sum + part * wave(t / s, phase), 0) / 1.4;
  };
  const [x, y] = [wobble(), wobble()];
  return sampled((t) => [pan + sizeDeg * x(t), tilt + 0.7 * sizeDeg * y(t), width]);
}

/** To and fro, slowly. */
function swayPath(draw: Draw): Target {
  const [pan, tilt, width] = startOf(draw);
  const [panDeg, tiltDeg, s, phase] = [
    draw.between(0.4, 1.5),
    draw.between(0, 0.5),
    draw.between(9, 25),
    draw.between(0, 6.28),
  ];
  const [jitterDeg, jitterS] = [draw.between(0, 0.25), draw.between(2, 4)];
  return sampled((t) => [
    pan + panDeg * wave(t / s, phase) + jitterDeg * wave(t / jitterS, 0),
    tilt + tiltDeg * wave(t / s, phase + 1) + jitterDeg * wave(t / jitterS, 2),
    width,
  ]);
}

/** Goes on in one direction, hardly. */
function creepPath(draw: Draw): Target {
  const [pan, tilt, width] = startOf(draw);
  const [rate, heading] = [draw.ratio(0.05, 0.7), draw.between(0, 6.28)];
  const [jitterDeg, jitterS] = [draw.between(0, 0.15), draw.between(2, 4)];
  return sampled((t) => [
    pan + rate * Math.cos(heading) * t + jitterDeg * wave(t / jitterS, 0),
    tilt + 0.6 * rate * Math.sin(heading) * t + jitterDeg * wave(t / jitterS, 2),
    width,
  ]);
}

/** Comes nearer: larger and faster, and higher. */
function approachPath(draw: Draw): Target {
  const [pan, tilt, width] = startOf(draw);
  const [arrivesS, aside, height] = [draw.between(33, 45), draw.sign() * draw.between(1, 5), draw.between(1, 5)];
  return sampled((t) => {
    const near = arrivesS / (arrivesS - t);
    return [pan + aside * (near - 1), tilt + height * (near - 1), Math.min(6, width * 0.6 * near)];
  });
}

function wave(turns: number, phase: number): number {
  return Math.sin(2 * Math.PI * turns + phase);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
