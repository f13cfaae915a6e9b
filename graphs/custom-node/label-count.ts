/** A node of one's own with a topic and a live option: tells clients how many objects of each label are in view. */
import { defineNode, Type, topic } from '../../runtime/node.ts';

const counts = topic({
  doc: 'How many objects of each label are in view',
  schema: Type.Object({
    type: Type.Literal('label_counts'),
    session_id: Type.String(),
    ts_unix_ms: Type.Number(),
    counts: Type.Record(Type.String(), Type.Integer({ minimum: 1 })),
  }),
  keep: 'latest',
  gone: { patch: { counts: {} }, told: true },
});

export default defineNode({
  name: 'label-count',
  doc: 'Counts the tracks of each label and tells clients when a number has changed.',
  params: Type.Object({
    confidence: Type.Number({
      default: 0.3,
      minimum: 0,
      maximum: 1,
      description: 'Least confidence of a track that counts, from 0 to 1.',
      live: true,
    }),
  }),
  inputs: { tracks: { kind: 'tracks' } },
  outputs: {},
  topics: { counts },
  open({ params, sessionId, publish }) {
    let { confidence } = params;
    let told = '';
    return {
      on: {
        tracks({ frame, tracks }) {
          const seen: Record<string, number> = {};
          for (const track of tracks) {
            if (track.confidence >= confidence) seen[track.label] = (seen[track.label] ?? 0) + 1;
          }
          if (JSON.stringify(seen) === told) return;
          told = JSON.stringify(seen);
          const about = { session_id: sessionId, ts_unix_ms: frame.captureUnixMs };
          return publish('counts', { type: 'label_counts', ...about, counts: seen });
        },
      },
      update(next) {
        confidence = next.confidence;
      },
    };
  },
});
