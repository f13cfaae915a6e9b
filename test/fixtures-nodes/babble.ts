/** Publishes what is no message of its topics, and of topics that it has not declared; then counts one frame. */
import { defineNode, Type, topics } from '../../runtime/node.ts';

const NONSENSE: unknown[] = ['', 'hello', null, undefined, [], 3, {}, { event: 'new' }, { event: 'end', after: null }];

export default defineNode({
  name: 'babble',
  doc: 'Sends nonsense to clients.',
  params: Type.Object({}),
  inputs: {},
  outputs: {},
  topics: { tick: topics.tick, tracks: topics.tracks, ptz: topics.ptz },
  pace: () => 'realtime',
  open: ({ publish, count, gauge }) => ({
    run: async (signal) => {
      for (const value of NONSENSE) {
        for (const topic of ['tick', 'tracks', 'ptz', 'autotrack', 'toString']) {
          await publish(topic as 'tick', value as never);
        }
      }
      count('processed');
      gauge('settled', 1);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    },
  }),
});
