/**
 * What the virtual camera looks at, as a JSON file: targets on scripted or random paths, and the camera's motors.
 * Angles are degrees seen from the camera: pan to the right, tilt up, the horizon at 0; times are seconds.
 */
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { defaultMotors, motorsSchema } from '../camera/motion/motors.ts';
import { EVENING } from './evening.ts';
import { randomFlight, randomPathSchema } from './random-flight.ts';
import type { FlightKnot, Scene, SceneObject } from './scene.ts';

const closed = { additionalProperties: false };
const swaySchema = Type.Object(
  {
    pan_deg: Type.Number({ minimum: 0, maximum: 10 }),
    tilt_deg: Type.Number({ minimum: 0, maximum: 10 }),
    period_s: Type.Number({ minimum: 0.1, maximum: 60 }),
  },
  closed,
);

const targetSchema = Type.Object(
  {
    id: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
    label: Type.String({ minLength: 1, maxLength: 100 }),
    sprite: Type.Optional(Type.Union([Type.Literal('quadcopter'), Type.Literal('airplane')])),
    path: Type.Optional(
      Type.Array(
        Type.Tuple([Type.Number(), Type.Number(), Type.Number(), Type.Number({ exclusiveMinimum: 0, maximum: 120 })]),
        {
          minItems: 1,
          maxItems: 10_000,
          description: '[t_s, pan_deg, tilt_deg, width_deg], smooth in between; a single one: it stays there',
        },
      ),
    ),
    random: Type.Optional(randomPathSchema),
    repeats: Type.Boolean({ default: true, description: 'starts again after the last point' }),
    sway: Type.Optional(swaySchema),
  },
  closed,
);

const degrees = (min: number, max: number, value: number) =>
  Type.Number({ minimum: min, maximum: max, default: value });

const pictureSchema = Type.Object(
  {
    mirrored: Type.Boolean({ default: false, description: 'left and right are exchanged' }),
    flipped: Type.Boolean({ default: false, description: 'top and bottom are; with mirrored: hung from a ceiling' }),
  },
  { ...closed, description: 'how it comes out of the camera; the motors turn as ever' },
);

export const sceneFileSchema = Type.Object(
  {
    name: Type.String({ default: 'scene', minLength: 1, maxLength: 100 }),
    seed: Type.Integer({ default: 7, minimum: 0, maximum: 2 ** 31, description: 'clouds and skyline' }),
    motors: motorsSchema,
    home: Type.Object(
      { pan_deg: degrees(-180, 180, 0), tilt_deg: degrees(-20, 90, 10), zoom: degrees(0, 1, 0) },
      { ...closed, default: {}, description: 'where it looks at first, and its home position' },
    ),
    picture: Type.Optional(pictureSchema),
    targets: Type.Array(targetSchema, { maxItems: 100 }),
  },
  closed,
);

export type PictureTurn = Static<typeof pictureSchema>;
export type SceneFile = Static<typeof sceneFileSchema>;
type Target = SceneFile['targets'][number];

/** What the schema cannot say, with the keys of the place that is wrong. */
export function contentFaults({ targets, motors, home }: SceneFile): { keys: string[]; message: string }[] {
  const ids = targets.map(({ id }) => id);
  const found = targets.flatMap((target, index) => [
    ...(ids.indexOf(target.id) === index
      ? []
      : [{ keys: ['targets', `${index}`, 'id'], message: `${target.id} is the id of another target too` }]),
    ...pathFaults(target, index),
  ]);
  for (const axis of ['pan', 'tilt'] as const) {
    const { min_deg: min, max_deg: max } = motors[axis];
    if (min >= max) found.push({ keys: ['motors', axis], message: `min_deg (${min}) must be below max_deg (${max})` });
    const at = home[`${axis}_deg`];
    if (at < min || at > max) {
      found.push({ keys: ['home', `${axis}_deg`], message: `must be within the motor's ${min} to ${max}, got ${at}` });
    }
  }
  return found;
}

function pathFaults({ path, random }: Target, index: number): { keys: string[]; message: string }[] {
  const keys = ['targets', `${index}`];
  if ((path === undefined) === (random === undefined)) return [{ keys, message: 'needs either path or random' }];
  if (random) {
    const wrong = (['pan_deg', 'tilt_deg', 'span_deg', 'speed_deg_s'] as const).filter((name) => {
      const [low, high] = random[name];
      return low > high;
    });
    const message = 'the first number must not be above the second';
    return wrong.map((name) => ({ keys: [...keys, 'random', name], message }));
  }
  return (path ?? []).flatMap(([timeS], at) => {
    const before = path?.[at - 1]?.[0];
    if (before === undefined || timeS > before) return [];
    const message = `times must rise: ${timeS} s comes after ${before} s`;
    return [{ keys: [...keys, 'path', `${at}`, '0'], message }];
  });
}

/** The scene as the renderer takes it. */
export function toScene(file: SceneFile): Scene {
  return {
    seed: file.seed,
    background: EVENING,
    objects: file.targets.map(toObject),
  };
}

function toObject(target: Target): SceneObject {
  const { id, label, sprite, path, repeats, sway } = target;
  const isPlane = sprite === 'airplane' || (sprite === undefined && label === 'airplane');
  return {
    id,
    label,
    sprite: isPlane ? 'airplane' : 'quadcopter',
    color: isPlane ? [92, 96, 106] : [38, 40, 46],
    flight: toFlight(target),
    // One point is a place to stay at, not a moment.
    repeats: repeats || path?.length === 1,
    ...(sway ? { sway: { panDeg: sway.pan_deg, tiltDeg: sway.tilt_deg, periodS: sway.period_s } } : {}),
  };
}

function toFlight({ path = [], random }: Target): FlightKnot[] {
  if (random) return randomFlight(random);
  const knots = path.map(([timeS, panDeg, tiltDeg, spanDeg]) => ({ timeS, panDeg, tiltDeg, spanDeg }));
  const [only] = knots;
  return knots.length === 1 && only ? [only, { ...only, timeS: only.timeS + 1 }] : knots;
}

/** A drone that flies wide paths and hovers in between, and an airplane that passes by now and then. */
export function defaultScene(): SceneFile {
  return Value.Decode(sceneFileSchema, {
    name: 'default',
    seed: 7,
    motors: defaultMotors(),
    home: { pan_deg: 0, tilt_deg: 12, zoom: 0 },
    targets: [
      {
        id: 1,
        label: 'drone',
        path: [
          [0, -12, 12, 2.4],
          [6, 4, 14, 2.6],
          [12, 22, 10, 2.9],
          [17, 24, 11, 3],
          [24, 24, 11, 3],
          [30, 48, 18, 2.4],
          [38, 86, 24, 2],
          [46, 60, 30, 1.8],
          [54, 18, 20, 2.4],
          [60, -14, 13, 3],
          [66, -44, 16, 2.7],
          [74, -80, 21, 2.1],
          [80, -82, 22, 2.1],
          [88, -60, 12, 2.2],
          [96, -30, 9, 2.4],
          [104, -12, 12, 2.4],
        ],
        repeats: true,
        sway: { pan_deg: 0.12, tilt_deg: 0.1, period_s: 2.9 },
      },
      { id: 2, label: 'airplane', path: airplanePath(), repeats: true },
    ],
  });
}

/** Once around in 75 s, so that it is seen now and then: [t_s, pan_deg, tilt_deg, width_deg]. */
function airplanePath(): [number, number, number, number][] {
  return Array.from({ length: 16 }, (_, i) => {
    const turn = i / 15;
    return [75 * turn, -180 + 360 * turn, 21 + 5 * Math.cos(2 * Math.PI * turn), 4];
  });
}
