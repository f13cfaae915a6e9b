/** Where a camera stands and looks: an option of the graph that places its tracks on a map. */
import { type Static, Type } from '@sinclair/typebox';
import { closed } from './common.ts';

const degrees = (minimum: number, maximum: number, description: string) =>
  Type.Number({ minimum, maximum, description: `${description}, in degrees.` });

export const SiteSchema = closed(
  {
    lat: degrees(-90, 90, 'Latitude, WGS 84'),
    lon: degrees(-180, 180, 'Longitude, WGS 84'),
    height_m: Type.Number({
      minimum: -1000,
      maximum: 20_000,
      description: 'Height of the camera above the WGS 84 ellipsoid, in metres.',
    }),
    heading_deg: degrees(
      -360,
      360,
      'Compass direction (true north, clockwise) of pan 0; of a camera that does not turn: of the middle of its picture',
    ),
    tilt_deg: Type.Optional(degrees(-90, 90, 'Of a camera that does not turn: how far up its middle looks')),
    hfov_deg: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        exclusiveMaximum: 180,
        description: 'Of a camera that does not tell it: the horizontal field of view, in degrees.',
      }),
    ),
  },
  { description: 'Where the camera stands. With it, other systems can be told in which direction each object is.' },
);

export type Site = Static<typeof SiteSchema>;
