/** The options of source: type, default, range, unit and meaning, declared once. */
import { pathOption, type Static, Type } from '../../runtime/node.ts';

export const SourceOptions = Type.Object({
  url: Type.String({
    ...pathOption({ urls: true }),
    minLength: 1,
    description: 'File, or any URL that FFmpeg can open (rtsp://…, http://…).',
  }),
  pace: Type.Union([Type.Literal('realtime'), Type.Literal('asap')], {
    default: 'realtime',
    description:
      'realtime: files play at their own speed and late frames are dropped, as from a camera. asap: every frame, as fast as possible.',
  }),
  loop: Type.Boolean({ default: false, description: 'Play a file again when it ends.' }),
  start_s: Type.Number({ default: 0, minimum: 0, description: 'Where in a file to start, in seconds.' }),
  open_timeout_s: Type.Number({
    default: 10,
    exclusiveMinimum: 0,
    maximum: 120,
    description: 'Longest time that opening or a single read may take, in seconds.',
  }),
});

export type SourceOptions = Static<typeof SourceOptions>;
