/** Does one thing as often as it can, beside a few frames a second; never waits for what it does. */
import { boardTopics, defineNode, sleep, Type, topic } from '../../runtime/node.ts';

const message = Type.Object({ type: Type.String(), n: Type.Integer(), filler: Type.String() });
const topics = {
  flood: topic({ doc: 'Each one counts', schema: message, keep: 'every' }),
  state: topic({ doc: 'The latest counts', schema: message, keep: 'latest' }),
};
const ways = ['every', 'latest', 'emit', 'log', 'console', 'fault', 'keep', 'board', 'counters', 'gauge'] as const;

export default defineNode({
  name: 'floods',
  doc: 'Floods its session.',
  params: Type.Object({
    what: Type.Unsafe<(typeof ways)[number]>(Type.Union(ways.map((way) => Type.Literal(way)))),
    burst: Type.Integer({ default: 2000, description: 'So many at once.' }),
    every_ms: Type.Integer({ default: 10, description: 'Pause between bursts.' }),
  }),
  inputs: {},
  outputs: { detections: { kind: 'detections' } },
  topics,
  board: { posts: [boardTopics.motors] },
  pace: () => 'realtime',
  open(context) {
    const { params, emit, count, publish, log, fault, keep, board, gauge } = context;
    const filler = 'x'.repeat(200);
    let n = 0;
    gauge('done', n);
    count('decoded', 0);
    count('dropped_messages', 0);
    const detections = () => {
      const times = { mediaTimeS: n / 25, captureUnixMs: n, captureMonoMs: n, decodedMonoMs: n };
      const size = { w: 640, h: 360 };
      return { frame: { index: n, ...times, size }, detections: [], inferenceMs: 0 };
    };
    const does = {
      every: () => void publish('flood', { type: 'flood', n, filler }),
      latest: () => void publish('state', { type: 'state', n, filler }),
      emit: () => void emit.detections(detections()),
      log: () => log.info(`line ${n} ${filler}`),
      console: () => console.log(`line ${n} ${filler}`),
      fault: () => fault(n % 2 === 0 ? { code: 'flapping', message: `${n}` } : null),
      keep: () => keep({ n, filler }),
      board: () => board.post(boardTopics.motors, { pan: 0, tilt: 0, zoom: 0 } as never),
      counters: () => count(`counter_${n}`),
      gauge: () => gauge('text', `${n} ${filler.repeat(100)}`),
    }[params.what];
    return {
      async run(signal) {
        while (!signal.aborted) {
          count('decoded');
          await emit.detections(detections());
          for (let i = 0; i < params.burst; i++) {
            n += 1;
            does();
          }
          gauge('done', n);
          await sleep(params.every_ms, signal);
        }
      },
    };
  },
});
