/** The JSON Schema documents that clients in other languages validate against, made from the TypeBox schemas. */
import type { TSchema } from '@sinclair/typebox';
import { AUTOTRACK_SCHEMA, AutotrackStateSchema } from './autotrack-state.ts';
import { CLOCK_SCHEMA, ClockStateSchema } from './clock-state.ts';
import { CommandSchema } from './command.ts';
import { WIRE_SCHEMA } from './common.ts';
import { MetadataTickSchema } from './metadata-tick.ts';
import { PTZ_SCHEMA, PtzStateSchema } from './ptz-state.ts';
import { CameraStatsSchema, STATS_SCHEMA, StatsSchema } from './stats.ts';
import { TOPICS_SCHEMA, TopicMessageSchema, TopicRequestSchema } from './topic-messages.ts';
import { TrackEventSchema } from './track-event.ts';

interface Document {
  readonly name: string;
  readonly title: string;
  /** What `schema` says in its messages; commands belong to the wire contract and carry none. */
  readonly family: string;
  readonly schema: TSchema;
}

const DOCUMENTS: readonly Document[] = [
  { name: 'metadata_tick', title: 'Metadata tick', family: WIRE_SCHEMA, schema: MetadataTickSchema },
  { name: 'track_event', title: 'Track event', family: WIRE_SCHEMA, schema: TrackEventSchema },
  { name: 'command', title: 'Command', family: WIRE_SCHEMA, schema: CommandSchema },
  { name: 'ptz_state', title: 'PTZ state', family: PTZ_SCHEMA, schema: PtzStateSchema },
  { name: 'autotrack_state', title: 'Autotracker state', family: AUTOTRACK_SCHEMA, schema: AutotrackStateSchema },
  { name: 'clock_state', title: 'Clock state', family: CLOCK_SCHEMA, schema: ClockStateSchema },
  { name: 'stats', title: 'Stats', family: STATS_SCHEMA, schema: StatsSchema },
  { name: 'camera_stats', title: 'Stats of a camera', family: STATS_SCHEMA, schema: CameraStatsSchema },
  { name: 'topic_request', title: 'Subscription', family: TOPICS_SCHEMA, schema: TopicRequestSchema },
  { name: 'topic_message', title: 'Message of a topic', family: TOPICS_SCHEMA, schema: TopicMessageSchema },
];

/** File name → JSON Schema document (draft 2020-12), ready for `JSON.stringify`; plain data without TypeBox's symbols. */
export function wireSchemas(): Record<string, object> {
  return Object.fromEntries(DOCUMENTS.map((each) => [`${each.name}.schema.json`, document(each)]));
}

function document({ name, title, family, schema }: Document): object {
  const body: object = JSON.parse(JSON.stringify(schema));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:${family.replace('/', ':')}:${name}`,
    title,
    ...body,
  };
}
