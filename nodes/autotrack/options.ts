/** The options of autotrack: type, default, range, unit and meaning, declared once. */

import { driverParams } from '../../ptz/index.ts';
import { type Static, Type } from '../../runtime/node.ts';
import { controlOptions } from './control/options.ts';

const seconds = (value: number, description: string) =>
  Type.Number({ default: value, minimum: 0, maximum: 3600, live: true, description });

export const params = Type.Object({
  ...driverParams,
  enabled: Type.Boolean({
    default: true,
    live: true,
    description: 'false: the camera is connected and its state is published, but it is never moved.',
  }),
  auto_select: Type.Optional(
    Type.Boolean({
      live: true,
      description: 'Choose a target while the operator has selected none. Default: true when required_zones are given.',
    }),
  ),
  required_zones: Type.Array(Type.String({ minLength: 1 }), {
    default: [],
    live: true,
    description: 'An automatically chosen target must be in one of these zones (node zones). Empty: anywhere.',
  }),
  labels: Type.Array(Type.String({ minLength: 1 }), {
    default: [],
    live: true,
    description: 'Labels that may be chosen automatically, in order of preference. Empty: any.',
  }),
  min_confidence: Type.Number({
    default: 0.5,
    minimum: 0,
    maximum: 1,
    live: true,
    description: 'Least mean confidence of an automatically chosen target.',
  }),
  min_age_s: seconds(1, 'How long a track must have been seen before it is chosen automatically, in seconds.'),
  grace_s: seconds(2, 'How long an unseen target is searched for before it is lost, in seconds.'),
  hold_s: seconds(2, 'How long the camera waits where its target was last seen before it looks around, in seconds.'),
  search_s: seconds(10, 'How long the camera looks around then, in seconds. 0: not at all.'),
  return_preset: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'Token or name of the preset that the camera returns to. Without it, the camera stays where it is.',
    }),
  ),
  return_after_s: seconds(20, 'Time without a visible target after which the camera returns, in seconds.'),
  stationary_release_s: seconds(
    120,
    'An automatically chosen target that does not move for this time is released, in seconds. 0: never.',
  ),
  calibrate: Type.Boolean({
    default: true,
    description:
      'Measure the motors with small moves, once, while there is no target. The result is kept in the state folder.',
  }),
  frame_delay_ms: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 5000,
      description:
        'How old a picture is when it gets its time stamp, in milliseconds: exposure, encoding, network. A first guess: how ' +
        'the picture moves tells it. Default: 200 for a stream whose pictures are stamped as they arrive, else 0.',
    }),
  ),
  ...controlOptions.properties,
});

export type AutotrackParams = Static<typeof params>;

/** Whether the node may choose a target by itself. */
export function autoSelects({ auto_select, required_zones }: AutotrackParams): boolean {
  return auto_select ?? required_zones.length > 0;
}
