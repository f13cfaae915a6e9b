/** The options of virtual-ptz: type, default, range, unit and meaning, declared once. */
import { pathOption, type Static, Type } from '../../runtime/node.ts';

const side = Type.Integer({ minimum: 16, maximum: 4096, multipleOf: 2 });

export const VirtualPtzOptions = Type.Object({
  scene: Type.Optional(
    Type.String({
      ...pathOption(),
      minLength: 1,
      description: 'Scene file (JSON): targets, landscape and motors. Default: a drone and an airplane.',
    }),
  ),
  fps: Type.Number({ default: 15, exclusiveMinimum: 0, maximum: 60, description: 'Pictures per second.' }),
  size: Type.Optional(
    Type.Tuple([side, side], {
      description:
        '[width, height] of the picture in pixels, both even. Default: [640, 360]; with `url`, the size of the camera.',
    }),
  ),
  url: Type.Optional(
    Type.String({
      pattern: '^https?://[^/]',
      description:
        'http://host:port of a virtual camera in its own process (bun run camera), instead of one in this process.',
    }),
  ),
  profile: Type.Optional(
    Type.String({ minLength: 1, description: 'With `url`: the media profile to use. Default: the first.' }),
  ),
  timeout_s: Type.Number({
    default: 10,
    exclusiveMinimum: 0,
    maximum: 120,
    description: 'With `url`: longest time that one picture may take, in seconds.',
  }),
});

export type VirtualPtzOptions = Static<typeof VirtualPtzOptions>;
