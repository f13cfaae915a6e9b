/** Swarms of birds and drones of 5 to 15 px before a shaking camera, with exact truth: made from a seed. */
import type { Box, Detection } from '../../runtime/data.ts';
import type { IdBox } from '../mot-score.ts';
import { randomNumbers } from '../random-numbers.ts';
import type { TrackedScene } from './beside.ts';

export interface SwarmKind {
  readonly name: string;
  readonly objects: number;
  readonly fps: number;
  /** Largest way of the picture from its place, pixels, and by how much that changes from frame to frame, as a share. */
  readonly shakePx: number;
  readonly rough: number;
  /** Pixels a second that one object flies. */
  readonly speedPx: number;
  /** How fast it turns, radians a second. */
  readonly turn: number;
}

const SWARM_FRAME = { widthPx: 1280, heightPx: 720 };
export const SWARM_KINDS: readonly SwarmKind[] = [
  { name: 'birds, steady camera', objects: 30, fps: 25, shakePx: 0, rough: 0, speedPx: 90, turn: 1.2 },
  { name: 'birds, hand-held', objects: 30, fps: 25, shakePx: 12, rough: 0.5, speedPx: 90, turn: 1.2 },
  { name: 'birds, strong wind', objects: 40, fps: 25, shakePx: 25, rough: 0.8, speedPx: 120, turn: 1.5 },
  { name: 'drones, hand-held', objects: 8, fps: 25, shakePx: 15, rough: 0.5, speedPx: 60, turn: 0.4 },
  { name: 'drones at 10 Hz, strong wind', objects: 8, fps: 10, shakePx: 25, rough: 0.8, speedPx: 60, turn: 0.4 },
];
const SECONDS = 4;
const MISSED = 0.06;
const UNSURE = 0.08;
const FALSE_A_FRAME = 0.5;
/** Boxes are off by this share of their side, one standard deviation. */
const JITTER = 0.06;

/** Makes a scene. The same seed gives the same. */
export function makeSwarm({ objects, fps, shakePx, rough, speedPx, turn }: SwarmKind, seed: number): TrackedScene {
  const random = randomNumbers(seed);
  const between = (low: number, high: number) => low + (high - low) * random();
  const gauss = () => random() + random() + random() + random() - 2;
  const { widthPx, heightPx } = SWARM_FRAME;
  const fliers = Array.from({ length: objects }, (_, id) => ({
    id: id + 1,
    x: between(0.3, 0.7) * widthPx,
    y: between(0.25, 0.75) * heightPx,
    heading: between(0, 2 * Math.PI),
    speed: speedPx * between(0.6, 1.4),
    side: between(5, 15),
    beat: between(2, 6),
  }));
  const camera = { x: 0, y: 0 };
  const truth: IdBox[][] = [];
  const detections: Detection[][] = [];
  for (let frame = 0; frame < SECONDS * fps; frame++) {
    camera.x += rough * (between(-shakePx, shakePx) - camera.x);
    camera.y += rough * (between(-shakePx, shakePx) - camera.y);
    const boxes = fliers.map((flier): IdBox => {
      const { id, x, y, side, beat } = flier;
      // Home again, when it comes near to the border.
      const home = Math.atan2(heightPx / 2 - y, widthPx / 2 - x);
      const isOut = Math.hypot((x / widthPx - 0.5) * 2, (y / heightPx - 0.5) * 2) > 0.75;
      const wanted = isOut ? Math.sin(home - flier.heading) * 3 : gauss() * turn * 4;
      flier.heading += wanted / fps;
      flier.x += (flier.speed * Math.cos(flier.heading)) / fps;
      flier.y += (flier.speed * Math.sin(flier.heading)) / fps;
      const h = side * (0.8 + 0.15 * Math.sin((beat * 2 * Math.PI * frame) / fps));
      return { id, x: x + camera.x - side / 2, y: y + camera.y - h / 2, w: side, h };
    });
    truth.push(boxes);
    const seen = boxes.flatMap((box): Detection[] => (random() < MISSED ? [] : [{ ...sighting(box), label: 'bird' }]));
    if (random() < FALSE_A_FRAME) {
      const side = between(5, 15);
      const bboxPx = { x: between(0, widthPx), y: between(0, heightPx), w: side, h: side };
      seen.push({ bboxPx, confidence: between(0.3, 0.8), label: 'bird' });
    }
    detections.push(seen);
  }
  return { fps, frame: SWARM_FRAME, truth, detections };

  function sighting({ x, y, w, h }: Box): Omit<Detection, 'label'> {
    const off = (side: number) => gauss() * 1.7 * JITTER * side;
    const bboxPx = { x: x + off(w), y: y + off(h), w: w * (1 + off(1)), h: h * (1 + off(1)) };
    return { bboxPx, confidence: random() < UNSURE ? between(0.2, 0.5) : between(0.65, 0.95) };
  }
}
