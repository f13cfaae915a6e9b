/** The options of the Octagon driver: type, default, range, unit and meaning, declared once. */
import { type Static, Type } from '../../runtime/node.ts';
import { addressOptions, openOptions, pickAddress } from '../network/options.ts';

const speedLimit = (axis: string) =>
  Type.Integer({
    default: 100,
    minimum: 1,
    maximum: 100,
    description: `Full speed of ${axis}, in percent of the maximum of the head.`,
  });

/** How the API is reached: what the driver, the position source and the guardian need alike. */
export const OctagonAddress = Type.Object({
  ...addressOptions('Host, host:port, or http(s) address of the API (default path /api).'),
  pantilt: Type.String({ default: 'pantilt', minLength: 1, description: 'Name of the pan-tilt device.' }),
  lens: Type.String({ default: 'visible', description: 'Name of the camera whose lens zooms; empty: none.' }),
});

export type OctagonAddress = Static<typeof OctagonAddress>;

/** The address alone, out of more. */
export function pickOctagon(options: OctagonAddress): OctagonAddress {
  const { pantilt, lens } = options;
  return { ...pickAddress(options), pantilt, lens };
}

export const OctagonOptions = Type.Object(
  {
    ...OctagonAddress.properties,
    ...openOptions,
    rungs: Type.Array(Type.Union([Type.Literal('velocity'), Type.Literal('absolute')]), {
      default: ['velocity'],
      minItems: 1,
      description:
        'How to steer. velocity: smooth, but it ends only by a stop (ours or the guardian’s), so not when the network is ' +
        'gone. absolute: short moves to a place ahead, which end by themselves; preferred where it is allowed.',
    }),
    pan_speed_percent: speedLimit('pan'),
    tilt_speed_percent: speedLimit('tilt'),
    zoom_threshold: Type.Number({
      default: 0.15,
      exclusiveMinimum: 0,
      maximum: 1,
      description: 'The lens has one speed: zoom commands below this share of it are ignored.',
    }),
    bounded_deg_s: Type.Number({
      default: 20,
      exclusiveMinimum: 0,
      maximum: 200,
      description: 'Rung absolute: full speed in degrees per second; less than the maximum of the head.',
    }),
  },
  { additionalProperties: false },
);

export type OctagonOptions = Static<typeof OctagonOptions>;
