/** The options of preview: type, default, range, unit and meaning, declared once. */
import { type Static, Type } from '../../runtime/node.ts';

export const PreviewOptions = Type.Object({
  host: Type.String({
    default: '127.0.0.1',
    minLength: 1,
    maxLength: 255,
    description:
      'Address of this machine that the video is sent from. The default reaches browsers of this machine alone.',
  }),
  max_viewers: Type.Integer({ default: 4, minimum: 1, maximum: 100, description: 'Viewers at once.' }),
});

export type PreviewOptions = Static<typeof PreviewOptions>;
