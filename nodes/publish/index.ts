/**
 * `publish`: turns tracks into the messages of the wire contract: `metadata_tick` at `hz` (latest state) and
 * `track_event` at once. The end of every graph that talks to clients.
 */
import { boardTopics, defineNode, targetRequests, topics } from '../../runtime/node.ts';
import { PublishOptions } from './options.ts';
import { Publisher } from './publisher.ts';

export default defineNode({
  name: 'publish',
  doc: 'Publishes ticks and lifecycle events to clients.',
  params: PublishOptions,
  inputs: {
    tracks: { kind: 'tracks' },
    ptz: { kind: 'ptz', optional: true, doc: 'Target and camera state, from autotrack.' },
  },
  outputs: {},
  join: 'frame',
  topics: { tick: topics.tick, tracks: topics.tracks },
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
