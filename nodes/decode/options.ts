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
  frozen_after_s: Type.Number({
    default: 20,
    minimum: 0,
    maximum: 3600,
    description:
      'A live picture that stays the same for so long, and over two key frames, is frozen: a fault, and not handed on; in seconds. 0: never.',
  }),
});

export type DecodeOptions = Static<typeof DecodeOptions>;
