/** Parameters of the zones node, and what a schema can't say of them. */
import { type Static, Type, WindhoverError } from '../../runtime/node.ts';
import { outlineFault, type Polygon } from './polygon.ts';

const share = Type.Number({ minimum: 0, maximum: 1 });

const zone = Type.Object(
  {
    points: Type.Optional(
      Type.Array(Type.Tuple([share, share]), {
        minItems: 3,
        maxItems: 100,
        description: 'Corners in the picture as [x, y], shares of the frame (0..1) from its top left.',
      }),
    ),
    pan_tilt: Type.Optional(
      Type.Array(
        Type.Tuple([Type.Number({ minimum: -720, maximum: 720 }), Type.Number({ minimum: -90, maximum: 90 })]),
        {
          minItems: 3,
          maxItems: 100,
          description:
            'Instead of points: corners as [pan, tilt] in degrees, + right and + up. Across ±180, continue counting: 170, 190.',
        },
      ),
    ),
    preset: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'With points: token of the preset at which they were drawn; the zone is active only while the camera rests there.',
      }),
    ),
    anchor: Type.Union([Type.Literal('centre'), Type.Literal('bottom')], {
      default: 'centre',
      description: 'The point of a box that counts. centre: its middle. bottom: the middle of its lower edge.',
    }),
    labels: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: 'Only tracks with one of these labels can be in the zone. Default: all.',
      }),
    ),
    loiter_s: Type.Number({
      default: 0,
      minimum: 0,
      maximum: 86_400,
      description: 'How long a track must be inside before it counts as in the zone, in seconds.',
    }),
  },
  // With a default of their own, the entries of a record get the defaults of their fields.
  { additionalProperties: false, default: {} },
);

export const zonesOptions = Type.Object({
  zones: Type.Record(Type.String(), zone, { minProperties: 1, live: true, description: 'The zones by name.' }),
  hysteresis: Type.Number({
    default: 0.15,
    minimum: 0,
    maximum: 10,
    live: true,
    description: "How far outside the zone a track must be to have left it, as a share of its box's size (hysteresis).",
  }),
  settle_s: Type.Number({
    default: 0.5,
    minimum: 0,
    maximum: 60,
    live: true,
    description: 'How long zones in the picture stay suspended after a camera motion, in seconds.',
  }),
});

export type ZonesOptions = Static<typeof zonesOptions>;
type ZoneOptions = Static<typeof zone>;

const NAME = /^[A-Za-z0-9][\w-]*$/;

/** @throws WindhoverError `zone_name`, `zone_outline`, `zone_preset` with the option */
export function validateZones({ zones }: ZonesOptions): void {
  for (const [name, options] of Object.entries(zones)) {
    if (!NAME.test(name)) {
      throw new WindhoverError('zone_name', 'a zone has a bad name', {
        option: 'zones',
        expected: 'letters, digits, _ and -, with a letter or a digit first',
        got: `'${name}'`,
      });
    }
    validateZone(`zones.${name}`, options);
  }
}

/** Corners with named coordinates. */
export function outlineOf({ points, pan_tilt }: ZoneOptions): Polygon {
  return (points ?? pan_tilt ?? []).map(([x, y]) => ({ x, y }));
}

function validateZone(path: string, options: ZoneOptions): void {
  const { points, pan_tilt, preset } = options;
  if ((points === undefined) === (pan_tilt === undefined)) {
    const got = points ? 'both' : 'neither';
    throw new WindhoverError('zone_outline', 'the outline', {
      option: path,
      expected: 'points (in the picture) or pan_tilt (in degrees)',
      got,
    });
  }
  if (pan_tilt && preset !== undefined) {
    const hint = 'a zone in pan and tilt is valid in every direction; give points, or remove preset';
    throw new WindhoverError('zone_preset', 'a preset without points', { option: `${path}.preset`, hint });
  }
  const outlinePath = `${path}.${points ? 'points' : 'pan_tilt'}`;
  const polygon = outlineOf(options);
  const fault = outlineFault(polygon);
  if (fault) {
    throw new WindhoverError('zone_outline', fault, {
      option: outlinePath,
      expected: 'corners in order, so that the outline does not cross itself',
    });
  }
  const pans = polygon.map(({ x }) => x);
  const turnDeg = Math.max(...pans) - Math.min(...pans);
  if (pan_tilt && turnDeg > 360) {
    throw new WindhoverError('zone_outline', 'the outline', {
      option: outlinePath,
      expected: 'at most a full turn of pan, 360',
      got: `${turnDeg}`,
    });
  }
}
