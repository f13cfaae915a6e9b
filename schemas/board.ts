/**
 * The board: what the nodes of a session tell each other beside the links. These are the topics of the built-in nodes;
 * a contract names those that it posts and watches, and may have some of its own. Plain data only.
 */
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { closed, literals, nullable } from './common.ts';

export interface BoardTopic<S extends TSchema = TSchema> {
  readonly name: string;
  readonly doc: string;
  readonly schema: S;
  /** `every`: a listener gets each value, in order. `latest`: a busy listener gets only the newest. */
  readonly keep: 'every' | 'latest';
}

/** Declares a topic; several nodes may share the value. */
export function boardTopic<S extends TSchema>(topic: BoardTopic<S>): BoardTopic<S> {
  return topic;
}

const number = (description: string) => Type.Number({ description });
const atMs = number('When it was so, on the monotonic clock of the host');
const hfovDeg = number('Horizontal field of view of the picture');

const camera = boardTopic({
  name: 'camera',
  doc: 'Where the camera that is driven looks, and whether it stands still.',
  // A motion that has ended before the next value has still blurred a frame.
  keep: 'every',
  schema: closed({
    atMs,
    moving: Type.Boolean({ description: 'Commanded to move, under way, or not known to be at rest' }),
    panDeg: nullable(Type.Number(), 'Of the middle of the picture, + right; null: not known'),
    tiltDeg: nullable(Type.Number(), 'Of the middle of the picture, + up; null: not known'),
    hfovDeg: nullable(Type.Number(), 'Horizontal field of view of the picture; null: not known'),
    preset: nullable(Type.String(), 'Token of the preset at which it rests; null: at none, or not known'),
    reckoned: Type.Optional(
      Type.Object(
        { panDeg: Type.Number(), tiltDeg: Type.Number(), hfovDeg: Type.Number(), origin: Type.Number() },
        {
          description:
            'The pose of a picture with the time stamp atMs, reckoned from the commands that were sent. Differences of poses are as good as what is known of the motors; where pan and tilt are 0 means nothing, and poses of another origin cannot be compared. Absent: not reckoned',
        },
      ),
    ),
  }),
});

const axis = literals(['pan', 'tilt', 'zoom'], 'Degrees for pan (+ right) and tilt (+ up), [0, 1] for zoom (0 = wide)');
const perAxis = <S extends TSchema>(schema: S) => closed({ pan: schema, tilt: schema, zoom: schema });
const someAxes = Type.Partial(perAxis(Type.Number()));

const motors = boardTopic({
  name: 'motors',
  doc: 'What a simulated head is told to do. Axes that are left out go on as they are.',
  // After a lost command a motor would run on.
  keep: 'every',
  schema: Type.Union([
    closed(
      { kind: Type.Literal('rate'), rates: someAxes, forS: nullable(Type.Number(), 'null: until told otherwise') },
      { description: 'Move at a rate, in units a second' },
    ),
    closed(
      { kind: literals(['to', 'by'], 'To a place, or by an offset'), values: someAxes, maxRates: someAxes },
      { description: 'Move to a place, or by an offset from where the axis is then; maxRates in units a second' },
    ),
    closed({ kind: Type.Literal('stop'), axes: Type.Unsafe<readonly HeadAxis[]>(Type.Array(axis)) }),
  ]),
});

const head = boardTopic({
  name: 'head',
  doc: 'How a simulated head stands.',
  keep: 'latest',
  schema: closed({
    atMs,
    axes: perAxis(
      closed({
        position: Type.Number(),
        rate: number('In units a second'),
        moving: Type.Boolean({ description: 'Also while a command is on its way' }),
      }),
    ),
    spec: perAxis(closed({ min: Type.Number(), max: Type.Number(), maxRate: Type.Number() })),
    hfovDeg,
  }),
});

const motionWanted = boardTopic({
  name: 'motion-wanted',
  doc: 'Somebody wants to know how the picture moves as a whole. It is not measured otherwise.',
  keep: 'latest',
  schema: closed({ forMs: number('For how long from now on') }),
});

const std = 'Standard deviation, share of the width';
const motion = boardTopic({
  name: 'motion',
  doc: 'How the picture has moved as a whole from one frame to the next, while it is wanted.',
  keep: 'every',
  schema: closed({
    fromMs: number('Capture time of the frame before, on the monotonic clock of the host'),
    atMs: number('Capture time of this frame'),
    moved: nullable(
      closed({
        right: number('By how much what stands still has moved in the picture, share of its width, + right'),
        down: number('The same, + down; share of the width too'),
        rightStd: number(std),
        downStd: number(std),
        scale: number('How much lengths have grown; above 1 when the camera zooms in'),
        roll: number('How far the picture has rolled, radians, + clockwise'),
        confidence: number('Share of what tells a motion in the picture that goes with this one, 0 to 1'),
      }),
      'null: the pictures do not tell',
    ),
  }),
});

const tracksOver = boardTopic({
  name: 'tracks-over',
  doc: 'Tracks whose end clients were told: what is seen from now on, under whatever id, is another track.',
  keep: 'every',
  schema: closed({ ids: Type.Array(Type.Integer({ minimum: 0 })) }),
});

export const boardTopics = { camera, motors, head, motion, motionWanted, tracksOver };

export type CameraNews = Static<typeof camera.schema>;
export type MotorCommand = Static<typeof motors.schema>;
export type MotionNews = Static<typeof motion.schema>;
export type HeadNews = Static<typeof head.schema>;
export type HeadAxis = Static<typeof axis>;
export type PerAxis<T> = Readonly<Record<HeadAxis, T>>;
