/**
 * TypeBox schemas of what the routes take and answer, for the OpenAPI page and for tests. The static types of the
 * session seam (session/api.ts) come first: a difference is a type error at the end of this file.
 */
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import type { CameraView, Readiness, SessionView } from '../session/api.ts';

const nullable = <S extends TSchema>(schema: S, description: string) =>
  Type.Union([schema, Type.Null()], { description });
const oneOf = <T extends string>(values: readonly T[]) => Type.Union(values.map((value) => Type.Literal(value)));
const count = (description: string) => Type.Integer({ minimum: 0, description });

const FaultSchema = Type.Object({
  code: Type.String({ description: 'Stable name of the fault' }),
  message: Type.String(),
  since_unix_ms: Type.Number({ description: 'Unix time in milliseconds' }),
});

export const SessionViewSchema = Type.Object({
  session_id: Type.String(),
  camera_id: Type.String(),
  ws_path: Type.String({ description: 'Path of the WebSocket with ticks, events and commands' }),
  running: Type.Boolean(),
  selected_target_id: nullable(Type.Integer({ minimum: 0 }), 'Track that is followed'),
  tracking_phase: oneOf(['idle', 'searching', 'tracking', 'lost']),
  last_tick_ts_unix_ms: nullable(Type.Number(), 'Capture time of the latest tick, Unix milliseconds'),
  state: oneOf(['starting', 'running', 'restarting', 'ended', 'failed', 'stopped']),
  fault: nullable(FaultSchema, 'Why no frames are delivered, if so'),
  started_unix_ms: Type.Number({ description: 'Unix time in milliseconds' }),
  restarts: count('How often its process was started again'),
  frames: Type.Object(
    {
      decoded: count('processed + dropped'),
      processed: count('Went through the graph'),
      dropped: count('Skipped because a newer one was there'),
      in_flight: count('On their way; in none of the others yet'),
    },
    { description: 'Frames over all restarts' },
  ),
  fps: Type.Object(
    { in: Type.Number(), out: Type.Number() },
    { description: 'Frames decoded and processed a second, over the last seconds' },
  ),
  latency_ms: Type.Object({
    inference_p50: nullable(Type.Number(), 'Time in the model'),
    end_to_end_p50: nullable(Type.Number(), 'From decoder to message'),
    end_to_end_p99: nullable(Type.Number(), 'From decoder to message'),
  }),
  tracks: count('Tracks in the latest frame'),
  progress: nullable(Type.Number({ minimum: 0, maximum: 1 }), 'Share of the media done; null when it has no end'),
  nodes: Type.Record(Type.String(), Type.Record(Type.String(), Type.Union([Type.Number(), Type.String()])), {
    description: 'Counters and gauges of each node of the graph',
  }),
});

export const CreatedSessionSchema = Type.Composite([
  SessionViewSchema,
  Type.Object({ created: Type.Boolean({ description: 'False when the session already ran' }) }),
]);

export const CameraViewSchema = Type.Object({
  camera_id: Type.String(),
  graph: Type.String({ description: 'Graph file that defines the camera' }),
  session_id: nullable(Type.String(), 'Its session, when one runs'),
});

export const ReadinessSchema = Type.Object({
  ready: Type.Boolean(),
  reasons: Type.Array(
    Type.Composite([Type.Object({ session_id: Type.String(), camera_id: Type.String() }), FaultSchema]),
    {
      description: 'One for every session that delivers no frames',
    },
  ),
});

export const CreateSessionSchema = Type.Object(
  {
    camera_id: Type.Optional(Type.String({ minLength: 1, description: 'Camera to start; the first one when absent' })),
  },
  { additionalProperties: false },
);

export const ErrorSchema = Type.Object({ error: Type.String() });

interface Answer {
  readonly says: string;
  readonly schema?: TSchema;
}

/** The OpenAPI entry of a route. Answers are documented, not checked at run time: they are typed already. */
export function describe(summary: string, answers: Readonly<Record<number, Answer>>, body?: TSchema) {
  const json = (schema: TSchema) => ({ 'application/json': { schema: { ...schema } } });
  const responses = Object.entries(answers).map(([status, { says, schema }]) => [
    status,
    { description: says, ...(schema ? { content: json(schema) } : {}) },
  ]);
  return {
    summary,
    responses: Object.fromEntries(responses),
    ...(body ? { requestBody: { required: false, content: json(body) } } : {}),
  };
}

/** Compiles only while a value of the seam's type is also one of the schema's. */
type Covers<Wide, _Narrow extends Wide> = true;
export type SchemasCoverTheSeam = [
  Covers<Static<typeof SessionViewSchema>, DeepMutable<SessionView>>,
  Covers<Static<typeof CameraViewSchema>, CameraView>,
  Covers<Static<typeof ReadinessSchema>, DeepMutable<Readiness>>,
];
type DeepMutable<T> = { -readonly [K in keyof T]: T[K] extends object ? DeepMutable<T[K]> : T[K] };
