/**
 * Streets seen from a car that drives, turns and stops, ten pictures a second, with exact truth: parked, leading, oncoming
 * and crossing cars, and people on the pavement. Boxes are projected from a plain world, nearer things hide further ones,
 * and detections miss, jitter and invent as detectors do: the less, the larger and freer a thing is. Made from a seed.
 */
import type { Box, Detection } from '../../runtime/data.ts';
import type { IdBox } from '../mot-score.ts';
import { randomNumbers } from '../random-numbers.ts';
import type { TrackedScene } from './beside.ts';

export interface DriveKind {
  readonly name: string;
  /** What is tracked in it. */
  readonly label: 'car' | 'person';
  readonly cars: number;
  readonly people: number;
  readonly speedMPerS: number;
  /** Largest rate at which the car turns. */
  readonly turnDegPerS: number;
}

export const DRIVE_KINDS: readonly DriveKind[] = [
  { name: 'parked cars, a street', label: 'car', cars: 60, people: 6, speedMPerS: 8, turnDegPerS: 4 },
  { name: 'traffic, a main road', label: 'car', cars: 60, people: 0, speedMPerS: 18, turnDegPerS: 2 },
  { name: 'cars, a crossing, turning', label: 'car', cars: 60, people: 8, speedMPerS: 5, turnDegPerS: 22 },
  { name: 'people, a street', label: 'person', cars: 10, people: 36, speedMPerS: 6, turnDegPerS: 4 },
  { name: 'people, standing at a crossing', label: 'person', cars: 4, people: 40, speedMPerS: 0, turnDegPerS: 0 },
  { name: 'people, turning', label: 'person', cars: 6, people: 70, speedMPerS: 4, turnDegPerS: 22 },
];

export const DRIVE_FRAME = { widthPx: 1242, heightPx: 375 };
const FPS = 10;
const SECONDS = 20;
const FOCAL_PX = 721;
const HORIZON_PX = 175;
const CAMERA_M = 1.65;
const NEAREST_M = 1.5;
/** Things smaller or more hidden than this are not scored, as nobody can say whether they are there. */
const LEAST_PX = 25;
const LEAST_VISIBLE = 0.15;
/** Boxes are off by this share of their side, one standard deviation, and by so many pixels. */
const JITTER = 0.035;
const JITTER_PX = 0.8;
const FALSE_A_FRAME = 0.4;

interface Thing {
  readonly id: number;
  readonly label: DriveKind['label'];
  readonly size: { readonly w: number; readonly h: number; readonly l: number };
  /** Metres to the right of and ahead of where the drive began; radians. */
  x: number;
  z: number;
  heading: number;
  speed: number;
  /** How easily a detector finds it, from thing to thing; and how that comes and goes. */
  readonly ease: number;
  mood: number;
}

interface Seen {
  readonly thing: Thing;
  readonly box: Box;
  readonly distance: number;
  readonly visible: number;
}

/** Makes a drive. The same seed gives the same. */
export function makeDrive(kind: DriveKind, seed: number): TrackedScene {
  const dice = makeDice(seed);
  const things = makeThings(kind, dice);
  const own = { x: 0, z: 0, heading: 0, pitchPx: 0 };
  const truth: IdBox[][] = [];
  const ignored: IdBox[][] = [];
  const detections: Detection[][] = [];
  let ghost: Detection | null = null;
  for (let frame = 0; frame < SECONDS * FPS; frame++) {
    const phase = (2 * Math.PI * frame) / (SECONDS * FPS);
    own.heading +=
      (((kind.turnDegPerS * Math.PI) / 180) * Math.max(0, Math.sin(2 * phase)) * (seed % 2 === 0 ? 1 : -1)) / FPS;
    const speed = kind.speedMPerS * (0.7 + 0.3 * Math.cos(phase));
    own.x += (Math.sin(own.heading) * speed) / FPS;
    own.z += (Math.cos(own.heading) * speed) / FPS;
    own.pitchPx += 0.4 * (dice.gauss() * 3 * Math.min(1, speed / 5) - own.pitchPx);
    for (const thing of things) move(thing, dice);
    const seen = view(things, own);
    const ofLabel = seen.filter(({ thing }) => thing.label === kind.label);
    const isScored = ({ box, visible }: Seen) => box.h >= LEAST_PX && visible >= LEAST_VISIBLE;
    const toId = ({ thing, box }: Seen): IdBox => ({ id: thing.id, ...box });
    truth.push(ofLabel.filter(isScored).map(toId));
    ignored.push(ofLabel.filter((one) => !isScored(one)).map(toId));
    const found = ofLabel.flatMap((one) => detect(one, dice) ?? []);
    if (ghost === null ? dice.random() < FALSE_A_FRAME / 2 : dice.random() < 0.5) ghost = makeGhost(kind, dice, ghost);
    else ghost = null;
    detections.push(ghost ? [...found, ghost] : found);
  }
  return { fps: FPS, frame: DRIVE_FRAME, truth, ignored, detections };
}

type Dice = ReturnType<typeof makeDice>;

function makeDice(seed: number) {
  const random = randomNumbers(seed);
  const between = (low: number, high: number) => low + (high - low) * random();
  // A sum of uniform numbers, scaled to a standard deviation of 1.
  const gauss = () => (random() + random() + random() + random() - 2) * Math.sqrt(3);
  return { random, between, gauss };
}

function makeThings({ cars, people, speedMPerS, turnDegPerS }: DriveKind, dice: Dice): Thing[] {
  const things: Thing[] = [];
  const far = Math.max(60, speedMPerS * SECONDS * (turnDegPerS > 10 ? 0.6 : 1) + 50);
  const add = (label: Thing['label'], x: number, heading: number, speed: number) => {
    const grown = dice.between(0.9, 1.12);
    const size = label === 'car' ? { w: 1.75, h: 1.5 * grown, l: 4.1 * grown } : { w: 0.6, h: 1.7 * grown, l: 0.6 };
    const z = dice.between(5, far);
    things.push({ id: things.length + 1, label, size, x, z, heading, speed, ease: dice.between(-0.12, 0.1), mood: 0 });
  };
  for (let k = 0; k < cars; k++) {
    const draw = dice.random();
    const isMain = speedMPerS > 12;
    if (draw < (isMain ? 0.15 : 0.6))
      add('car', dice.random() < 0.5 ? dice.between(4.5, 6) : -dice.between(7, 9), 0, 0);
    else if (draw < (isMain ? 0.6 : 0.75))
      add('car', dice.random() < 0.5 ? 0 : 3.5, 0, speedMPerS * dice.between(0.7, 1.2));
    else if (draw < 0.9 || isMain) add('car', -3.5, Math.PI, Math.max(6, speedMPerS) * dice.between(0.7, 1.2));
    else add('car', dice.between(-30, 30), dice.random() < 0.5 ? Math.PI / 2 : -Math.PI / 2, dice.between(4, 9));
  }
  for (let k = 0; k < people; k++) {
    const crosses = dice.random() < (speedMPerS === 0 ? 0.6 : 0.15);
    const x = crosses ? dice.between(-12, 12) : dice.random() < 0.5 ? dice.between(6, 9) : -dice.between(8, 12);
    const away = crosses ? Math.PI / 2 : 0;
    add('person', x, away + (dice.random() < 0.5 ? Math.PI : 0), dice.random() < 0.2 ? 0 : dice.between(0.8, 1.7));
  }
  return things;
}

function move(thing: Thing, dice: Dice): void {
  if (thing.label === 'person') thing.heading += dice.gauss() * 0.04;
  thing.x += (Math.sin(thing.heading) * thing.speed) / FPS;
  thing.z += (Math.cos(thing.heading) * thing.speed) / FPS;
  thing.mood += 0.25 * (dice.gauss() * 0.16 - thing.mood);
}

/** What the camera sees, nearest first. */
function view(things: readonly Thing[], own: { x: number; z: number; heading: number; pitchPx: number }): Seen[] {
  const found: Omit<Seen, 'visible'>[] = [];
  for (const thing of things) {
    const box = project(thing, own);
    if (box) found.push({ thing, box, distance: Math.hypot(thing.x - own.x, thing.z - own.z) });
  }
  found.sort((a, b) => a.distance - b.distance);
  return found.map((one, k) => ({ ...one, visible: visibleShare(one.box, found.slice(0, k)) }));
}

function project(thing: Thing, own: { x: number; z: number; heading: number; pitchPx: number }): Box | null {
  const { w, h, l } = thing.size;
  let [left, top, right, bottom] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, -1e9, -1e9];
  for (const [side, along] of [
    [-1, -1],
    [-1, 1],
    [1, -1],
    [1, 1],
  ] as const) {
    const x = thing.x + (along * l * Math.sin(thing.heading) + side * w * Math.cos(thing.heading)) / 2 - own.x;
    const z = thing.z + (along * l * Math.cos(thing.heading) - side * w * Math.sin(thing.heading)) / 2 - own.z;
    const ahead = x * Math.sin(own.heading) + z * Math.cos(own.heading);
    const across = x * Math.cos(own.heading) - z * Math.sin(own.heading);
    if (ahead < NEAREST_M) return null;
    const u = DRIVE_FRAME.widthPx / 2 + (FOCAL_PX * across) / ahead;
    const ground = HORIZON_PX + own.pitchPx + (FOCAL_PX * CAMERA_M) / ahead;
    const roof = HORIZON_PX + own.pitchPx + (FOCAL_PX * (CAMERA_M - h)) / ahead;
    [left, right] = [Math.min(left, u), Math.max(right, u)];
    [top, bottom] = [Math.min(top, roof), Math.max(bottom, ground)];
  }
  [left, right] = [Math.max(0, left), Math.min(DRIVE_FRAME.widthPx, right)];
  [top, bottom] = [Math.max(0, top), Math.min(DRIVE_FRAME.heightPx, bottom)];
  return right - left >= 4 && bottom - top >= 10 ? { x: left, y: top, w: right - left, h: bottom - top } : null;
}

function visibleShare({ x, y, w, h }: Box, nearer: readonly { readonly box: Box }[]): number {
  const STEPS = 8;
  let free = 0;
  for (let i = 0; i < STEPS; i++) {
    for (let j = 0; j < STEPS; j++) {
      const [px, py] = [x + ((i + 0.5) / STEPS) * w, y + ((j + 0.5) / STEPS) * h];
      const isHidden = ({ box }: { readonly box: Box }) =>
        px > box.x && px < box.x + box.w && py > box.y && py < box.y + box.h;
      if (!nearer.some(isHidden)) free++;
    }
  }
  return free / STEPS ** 2;
}

/** What a detector makes of it; null: nothing. */
function detect({ thing, box, visible }: Seen, { random, between, gauss }: Dice): Detection | null {
  const clear = Math.min(1, 0.25 + box.h / 60) * Math.min(1, visible * 1.25);
  const confidence = 0.93 * clear + thing.ease + thing.mood + gauss() * 0.05;
  if (confidence < 0.12 || random() < 0.02) return null;
  const off = (side: number) => gauss() * (JITTER * side + JITTER_PX);
  // Of what is hidden, a part is guessed.
  const lacking = visible < 0.7 ? between(0, 0.5) * (0.7 - visible) : 0;
  const atLeft = random() < 0.5;
  const w = Math.max(3, box.w * (1 - lacking) + off(box.w));
  const h = Math.max(5, box.h + off(box.h));
  const x = box.x + off(box.w) + (atLeft ? lacking * box.w : 0);
  return { bboxPx: { x, y: box.y + off(box.h), w, h }, confidence: Math.min(0.98, confidence), label: thing.label };
}

/** Something that is taken for one, for some frames. */
function makeGhost({ label }: DriveKind, { between }: Dice, before: Detection | null): Detection {
  if (before !== null) return { ...before, confidence: Math.max(0.12, before.confidence + between(-0.15, 0.15)) };
  const h = between(25, 80);
  const w = label === 'car' ? h * between(1, 1.8) : h * between(0.3, 0.6);
  const bboxPx = { x: between(0, DRIVE_FRAME.widthPx - w), y: between(120, 220), w, h };
  return { bboxPx, confidence: between(0.2, 0.75), label };
}
