/** The options of decode: type, default, range, unit and meaning, declared once. */
import { type Static, Type } from '../../runtime/node.ts';

export const DecodeOptions = Type.Object({
  fps: Type.Optional(
    Type.Number({
      exclusiveMinimum: 0,
      maximum: 1000,
      live: true,
      description: 'Highest frame rate handed on, in frames per second of capture time; without it, every frame.',
    }),
  ),
  threads: Type.Integer({
    default: 1,
    minimum: 0,
    maximum: 64,
    description: 'Decoder threads; 0 lets FFmpeg choose. More than one adds a frame of delay for each.',
  }),
});

export type DecodeOptions = Static<typeof DecodeOptions>;
