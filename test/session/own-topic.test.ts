/** The shipped node with a topic and a live option of its own, as a user runs it. */
import { expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { ROOT } from '../support/command.ts';
import { graphText } from '../support/graphs.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';
import { collector, TestSession } from '../support/sessions.ts';

setDefaultTimeout(TEST_LIMIT_MS);

const NODE = join(ROOT, 'graphs/custom-node/label-count.ts');
const DETECTIONS = join(ROOT, 'fixtures/sky.detections.jsonl');

/** Detections of a confidence of 0.9, at their own speed. */
const graph = (confidence: number, worker = '') =>
  graphText({
    replay: `{ use: replay, with: { path: ${DETECTIONS}, pace: realtime } }`,
    track: '{ use: track, from: replay }',
    count: `{ use: ${NODE}, ${worker} from: track, with: { confidence: ${confidence} } }`,
    publish: '{ use: publish, from: track }',
  });

test('graphs/custom-node/label-count.ts: clients get its topic, and its option takes effect while it runs', async () => {
  await using session = await TestSession.start(graph(0.5));
  const counts = () => JSON.parse(session.set.hub.retained(session.view.session_id, 'counts')?.json ?? '{}').counts;
  await session.until('a drone is counted', () => JSON.stringify(counts())?.includes('"drone":1') === true);
  expect(await session.change(graph(0.95))).toMatchObject({ how: 'live', nodes: ['count'] });
  await session.until('nothing counts any more', () => JSON.stringify(counts()) === '{}');
  expect(session.log.filter(({ level }) => level !== 'info')).toEqual([]);
});

test.each([
  { how: 'workers', worker: 'worker: beside,' },
  { how: 'process', worker: '' },
])(
  'its node leaves the running graph ($how): clients are told, and who comes later finds nothing of it',
  async (row) => {
    const { how, worker } = row;
    await using session = await TestSession.start(graph(0.5, worker));
    const { hub } = session.set;
    const id = session.view.session_id;
    await session.until('a drone is counted', () => hub.retained(id, 'counts')?.json.includes('"drone":1') === true);
    const told: unknown[] = [];
    hub.subscribe(collector(({ topic, json }) => void (topic === 'counts' && told.push(JSON.parse(json).counts))));
    const without = graph(0.5, worker)
      .split('\n')
      .filter((line) => !line.startsWith('  count:'));
    expect(await session.change(without.join('\n'))).toMatchObject({ how, nodes: ['count'] });
    expect(hub.retained(id, 'counts')).toBeUndefined();
    hub.flush();
    expect(told.at(-1)).toEqual({});
  },
);
