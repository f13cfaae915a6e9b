/** The options of the ONVIF driver: type, default, range, unit and meaning, declared once. */
import { type Static, Type } from '../../runtime/node.ts';
import { RUNGS } from '../ladder.ts';
import { addressOptions, openOptions } from '../network/options.ts';

const range = (what: string) =>
  Type.Optional(
    Type.Tuple([Type.Number(), Type.Number()], {
      description: `${what} at -1 and at 1 of the camera's position space, in degrees: for cameras that do not report it.`,
    }),
  );

export const OnvifOptions = Type.Object(
  {
    ...addressOptions(
      'Host, host:port, or http(s) address of the device service (default path /onvif/device_service).',
    ),
    ...openOptions,
    profile: Type.Optional(
      Type.String({ minLength: 1, description: 'Token or name of a media profile. Default: the first with PTZ.' }),
    ),
    guardian: Type.Boolean({
      default: false,
      description:
        'Prefer velocities also where only the guardian process ends them when this one dies. They are smoother than moves ' +
        'that end by themselves, but do not end when the network is gone.',
    }),
    rungs: Type.Array(Type.Union(RUNGS.map((rung) => Type.Literal(rung))), {
      default: [...RUNGS],
      minItems: 1,
      description: 'The kinds of commands that may be used.',
    }),
    pan_range_deg: range('Pan angle'),
    tilt_range_deg: range('Tilt angle'),
    bounded_rate: Type.Number({
      default: 0.1,
      exclusiveMinimum: 0,
      maximum: 1,
      description:
        'On the rungs below velocity: what full speed covers in a second, as a share of the axis. More than the motor ' +
        'can do makes its moves longer than a lease.',
    }),
  },
  { additionalProperties: false },
);

export type OnvifOptions = Static<typeof OnvifOptions>;
