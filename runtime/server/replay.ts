/** GET and POST /replay: where a replay is, and going elsewhere; GET /replay/video: the clip beside it, if there is one. */
import { type Static, Type } from '@sinclair/typebox';
import type { Elysia } from 'elysia';
import { nullable } from '../../schemas/common.ts';
import { WindhoverError } from '../errors.ts';
import { readJson } from './body.ts';
import { errorResponse } from './errors.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { describe, ErrorSchema } from './views.ts';

export const SPEED = { minimum: 0.1, maximum: 100 };

export const ReplayViewSchema = Type.Object({
  file: Type.String({ description: 'The recording' }),
  start_unix_ms: Type.Number({ description: 'Time of its first message, Unix milliseconds' }),
  duration_ms: Type.Number({ description: 'From its first message to its last' }),
  position_ms: Type.Number({ description: 'Where it is, from the first message on' }),
  speed: Type.Number({ description: 'Seconds of the recording in one of ours' }),
  playing: Type.Boolean(),
  loop: Type.Boolean(),
  over: Type.Boolean({ description: 'It came to its end' }),
  video: nullable(
    Type.Object({
      path: Type.String({ description: 'Where the clip is served' }),
      start_unix_ms: Type.Number({ description: 'Time of its first picture, Unix milliseconds' }),
    }),
    'The clip that was recorded beside it',
  ),
});

const ChangeSchema = Type.Object(
  {
    position_ms: Type.Optional(Type.Number({ minimum: 0, description: 'Goes there; beyond the end: to the end' })),
    speed: Type.Optional(Type.Number({ ...SPEED, description: 'Seconds of the recording in one of ours' })),
    playing: Type.Optional(Type.Boolean({ description: 'false: halts' })),
  },
  { additionalProperties: false },
);

export type ReplayView = Static<typeof ReplayViewSchema>;
export type ReplayChange = Static<typeof ChangeSchema>;

/** What the routes need of a replay. */
export interface Replay {
  view(): ReplayView;
  change(change: ReplayChange): void;
  /** Of the clip; null: there is none. */
  readonly video: string | null;
}

export function addReplay(app: Elysia, replay: Replay): void {
  app.get('/replay', () => replay.view(), {
    detail: describe(
      'Where the replay is',
      { 200: { says: 'Times in milliseconds', schema: ReplayViewSchema } },
      { role: 'viewer', cameras: 'all' },
    ),
  });
  app.post(
    '/replay',
    async ({ request }) => {
      replay.change(await readJson(request, ChangeSchema, DEFAULT_LIMITS.maxBodyBytes));
      return replay.view();
    },
    {
      parse: 'none',
      detail: describe(
        'Halt, go on, go elsewhere, change the speed',
        {
          200: { says: 'Where it is now', schema: ReplayViewSchema },
          400: { says: 'Bad body', schema: ErrorSchema },
        },
        { role: 'controller', cameras: 'all', body: ChangeSchema },
      ),
    },
  );
  app.get('/replay/video', ({ request }) => clip(replay.video, request), {
    detail: describe(
      'The clip that was recorded beside it',
      {
        200: { says: 'All of it' },
        206: { says: 'The range that was asked for' },
        404: { says: 'There is none', schema: ErrorSchema },
        416: { says: 'Not within the clip', schema: ErrorSchema },
      },
      { role: 'viewer', cameras: 'all' },
    ),
  });
}

/** The whole, or one range of it: without ranges a browser cannot go to another place in a clip. */
async function clip(file: string | null, request: Request): Promise<Response> {
  const content = file === null ? null : Bun.file(file);
  if (!content || !(await content.exists())) throw new WindhoverError('unknown_path', 'Not found: /replay/video');
  const headers = { 'accept-ranges': 'bytes', 'content-type': content.type };
  const asked = /^bytes=(\d*)-(\d*)$/.exec(request.headers.get('range') ?? '');
  if (!asked) return new Response(content, { headers });
  const { size } = content;
  const [, from = '', to = ''] = asked;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(size - 1, Number(to));
  if (start > end) return errorResponse(416, 'Not within the clip', { 'content-range': `bytes */${size}` });
  const range = `bytes ${start}-${end}/${size}`;
  return new Response(content.slice(start, end + 1), { status: 206, headers: { ...headers, 'content-range': range } });
}
