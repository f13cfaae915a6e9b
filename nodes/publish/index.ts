/**
 * `publish`: turns tracks into the messages of the wire contract: `metadata_tick` at `hz` (latest state) and
 * `track_event` at once. The end of every graph that talks to clients.
 */
import {
  boardTopics,
  defineNode,
  LATENCY_BUCKETS_MS,
  type Metric,
  targetRequests,
  topics,
} from '../../runtime/node.ts';
import { PublishOptions } from './options.ts';
import { Publisher } from './publisher.ts';

const events = (event: string): Metric => ({
  kind: 'counter',
  name: 'track_events',
  doc: 'Events of tracks that were sent to clients.',
  labels: { event },
});

export default defineNode({
  name: 'publish',
  doc: 'Publishes ticks and lifecycle events to clients.',
  params: PublishOptions,
  light: true,
  inputs: {
    tracks: { kind: 'tracks' },
    ptz: { kind: 'ptz', optional: true, doc: 'Target and camera state, from autotrack.' },
  },
  outputs: {},
  join: 'frame',
  topics: { tick: topics.tick, tracks: topics.tracks },
  metrics: {
    events_new: events('new'),
    events_update: events('update'),
    events_end: events('end'),
    open_tracks: {
      kind: 'gauge',
      name: 'tracks_open',
      doc: 'Tracks that clients were told of, and that have not ended.',
    },
    end_to_end_ms: {
      kind: 'histogram',
      name: 'end_to_end',
      doc: 'From the decoded frame to its messages.',
      unit: 'ms',
      buckets: LATENCY_BUCKETS_MS,
    },
  },
  board: { posts: [boardTopics.tracksOver] },
  requests: targetRequests,
  open(context) {
    const publisher = new Publisher(context.params, context);
    if (context.graph.pace === 'realtime') context.every(IDLE_LOOK_MS, () => publisher.idle());
    return {
      joined: ({ tracks, ptz }) => publisher.publish(tracks, ptz),
      // Who says what the target is also takes the commands.
      ...(context.connected('ptz') ? {} : { requests: publisher.requests }),
      update: (params) => publisher.update(params),
      handover: () => publisher.handover(),
      end: () => publisher.end(),
    };
  },
});

/** How often tracks and phases are looked at while no frames come. */
const IDLE_LOOK_MS = 100;
