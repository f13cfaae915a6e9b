/** The options of virtual-ptz: type, default, range, unit and meaning, declared once. */
import { pathOption, type Static, Type } from '../../runtime/node.ts';

const side = Type.Integer({ minimum: 16, maximum: 4096, multipleOf: 2 });

export const VirtualPtzOptions = Type.Object({
  scene: Type.Optional(
    Type.String({
      ...pathOption(),
      minLength: 1,
      description: 'Scene file (JSON): what there is to see, and the motors. Default: a drone and an airplane.',
    }),
  ),
  fps: Type.Number({ default: 15, exclusiveMinimum: 0, maximum: 60, description: 'Pictures a second.' }),
  size: Type.Optional(
    Type.Tuple([side, side], {
      description:
        '[width, height] of the picture in pixels, both even. Default: [640, 360]; with `url`, as the camera says.',
    }),
  ),
  url: Type.Optional(
    Type.String({
      pattern: '^https?://[^/]',
      description:
        'http://host:port of a virtual camera that runs by itself (bun run camera), in place of one in this process.',
    }),
  ),
  profile: Type.Optional(
    Type.String({ minLength: 1, description: 'With `url`: media profile whose picture is taken. Default: the first.' }),
  ),
  timeout_s: Type.Number({
    default: 10,
    exclusiveMinimum: 0,
    maximum: 120,
    description: 'With `url`: longest time that one picture may take, in seconds.',
  }),
});

export type VirtualPtzOptions = Static<typeof VirtualPtzOptions>;
