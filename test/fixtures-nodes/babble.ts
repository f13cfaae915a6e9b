/** Sends what is no message of the wire contract, and then one frame of tracks. */
import { defineNode, Type } from '../../runtime/node.ts';

export default defineNode({
  name: 'babble',
  doc: 'Sends nonsense to clients.',
  params: Type.Object({}),
  inputs: {},
  outputs: {},
  pace: () => 'realtime',
  open: ({ send, count, gauge }) => ({
    run: async (signal) => {
      for (const json of ['', 'hello', 'null', '[]', '3', '{"event":"new"}', '{"event":"end","after":null}']) {
        await send({ topic: 'event', json, live: true });
        await send({ topic: 'tick', json, live: true });
        if (!json.startsWith('{')) await send({ topic: 'state', name: 'ptz', json, live: true });
      }
      count('processed');
      gauge('settled', 1);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    },
  }),
});
