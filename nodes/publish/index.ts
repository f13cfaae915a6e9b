/**
 * `publish`: turns tracks into the messages of the wire contract: `metadata_tick` at `hz` (latest state) and
 * `track_event` at once. The end of every graph that talks to clients.
 */
import { defineNode, type Static, Type, targetRequests } from '../../runtime/node.ts';
import { Publisher } from './publisher.ts';

const params = Type.Object({
  hz: Type.Number({
    default: 10,
    exclusiveMinimum: 0,
    maximum: 1000,
    description: 'Highest rate of metadata ticks to live clients, in ticks per second.',
  }),
  confirm_after: Type.Integer({
    default: 2,
    minimum: 1,
    maximum: 1000,
    description: 'Sightings before a track is confirmed and announced.',
  }),
  end_after_ms: Type.Integer({
    default: 1000,
    minimum: 1,
    maximum: 3_600_000,
    description: 'How long a track may be unseen before it ends, in milliseconds.',
  }),
  grace_s: Type.Number({
    default: 2,
    minimum: 0,
    maximum: 3600,
    description:
      'How long an unseen target is searched for before it is lost, in seconds. With an autotrack node, whose own grace time counts then: only while no frames come.',
  }),
});

export type PublishParams = Static<typeof params>;

export default defineNode({
  name: 'publish',
  doc: 'Publishes ticks and lifecycle events to clients.',
  params,
  inputs: {
    tracks: { kind: 'tracks' },
    ptz: { kind: 'ptz', optional: true, doc: 'Target and camera state, from autotrack.' },
  },
  outputs: {},
  join: 'frame',
  requests: targetRequests,
  open(context) {
    const publisher = new Publisher(context.params, context);
    if (context.graph.pace === 'realtime') context.every(IDLE_LOOK_MS, () => publisher.idle());
    return {
      joined: ({ tracks, ptz }) => publisher.publish(tracks, ptz),
      // Who says what the target is also takes the commands.
      ...(context.connected('ptz') ? {} : { requests: publisher.requests }),
      end: () => publisher.end(),
    };
  },
});

/** How often tracks and phases are looked at while no frames come. */
const IDLE_LOOK_MS = 100;
