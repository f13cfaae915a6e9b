/** Answers about sessions and cameras: each a schema (for the OpenAPI page and tests) and its type. */
import { type Static, Type } from '@sinclair/typebox';
import { literals, nullable } from '../../schemas/common.ts';
import { MetadataTickSchema } from '../../schemas/metadata-tick.ts';
import { SiteSchema } from '../../schemas/site.ts';
import type { DeepReadonly } from '../../schemas/topics.ts';

const count = (description: string) => Type.Integer({ minimum: 0, description });
const milliseconds = (description: string) => nullable(Type.Number(), `${description}, in milliseconds`);

const FaultSchema = Type.Object({
  code: Type.String({ description: 'Stable name of the fault' }),
  message: Type.String(),
  since_unix_ms: Type.Number({ description: 'Unix time in milliseconds' }),
});

/** Answer of the session routes (wire contract, HTTP), with figures on how the session does. Unknown yet: null. */
export const SessionViewSchema = Type.Object({
  session_id: Type.String(),
  camera_id: Type.String(),
  ws_path: Type.String({ description: 'Path of the WebSocket with ticks, events and commands' }),
  running: Type.Boolean(),
  selected_target_id: nullable(Type.Integer({ minimum: 0 }), 'Track that is followed'),
  tracking_phase: MetadataTickSchema.properties.tracking_phase,
  last_tick_ts_unix_ms: nullable(Type.Number(), 'Capture time of the latest tick, Unix milliseconds'),
  state: literals(
    ['starting', 'running', 'restarting', 'ended', 'failed', 'stopped'],
    'starting → running (frames flow) → ended (the source came to its end), stopped (asked to) or failed (an error that ' +
      'trying again cannot mend). restarting: the process died and comes back',
  ),
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
    inference_p50: milliseconds('Time in the model'),
    end_to_end_p50: milliseconds('From decoder to message'),
    end_to_end_p99: milliseconds('From decoder to message'),
  }),
  tracks: count('Tracks in the latest frame'),
  progress: nullable(Type.Number({ minimum: 0, maximum: 1 }), 'Share of the media done; null when it has no end'),
  nodes: Type.Record(Type.String(), Type.Record(Type.String(), Type.Union([Type.Number(), Type.String()])), {
    description: 'Counters and gauges of each node of the graph',
  }),
});

export const CameraViewSchema = Type.Object({
  camera_id: Type.String(),
  graph: Type.String({ description: 'Graph file that defines the camera' }),
  session_id: nullable(Type.String(), 'Its session, when one runs'),
  view_url: Type.Optional(Type.String({ description: 'Where a browser plays its picture; without a login' })),
  site: Type.Optional(SiteSchema),
});

/** The graph that a session runs, for a drawing of it. */
export const GraphViewSchema = Type.Object({
  nodes: Type.Array(
    Type.Object({
      id: Type.String(),
      use: Type.String({ description: 'Kind: name of a built-in node, or of a module' }),
      worker: Type.String({ description: 'Nodes of one worker run one after the other' }),
    }),
    { description: 'Producers before consumers' },
  ),
  links: Type.Array(
    Type.Object({
      from: Type.String(),
      output: Type.String(),
      to: Type.String(),
      input: Type.String(),
      kind: Type.String({ description: 'What it carries' }),
    }),
  ),
});

export const ReadinessSchema = Type.Object({
  ready: Type.Boolean(),
  reasons: Type.Array(
    Type.Composite([Type.Object({ session_id: Type.String(), camera_id: Type.String() }), FaultSchema]),
    { description: 'One for every session that delivers no frames' },
  ),
});

export type SessionView = DeepReadonly<Static<typeof SessionViewSchema>>;
export type SessionState = SessionView['state'];
export type CameraView = DeepReadonly<Static<typeof CameraViewSchema>>;
export type GraphView = DeepReadonly<Static<typeof GraphViewSchema>>;
export type Readiness = DeepReadonly<Static<typeof ReadinessSchema>>;
