/** What a node publishes: of the topics of its contract, and of their schemas, or nothing. */
import { expect, test } from 'bun:test';
import { defineNode, Type, topic, topics } from '../../runtime/node.ts';
import { runNode } from '../node-runner.ts';

const counts = topic({ doc: 'Counts.', schema: Type.Object({ count: Type.Integer() }), keep: 'latest' });

const counter = defineNode({
  name: 'counter',
  doc: 'Counts.',
  params: Type.Object({}),
  inputs: {},
  outputs: {},
  topics: { counts, tracks: topics.tracks },
  pace: () => 'asap',
  open: ({ publish }) => ({
    async run() {
      await publish('counts', { count: 1 });
      await publish(
        'counts',
        { count: 2 },
        { live: false, frame: { index: 0, captureMonoMs: 0, decodedMonoMs: 1, inferenceMs: 2 } },
      );
      // @ts-expect-error: the compiler knows the schema
      await publish('counts', { count: 'three' });
      // @ts-expect-error: a topic that the contract does not declare
      await publish('tick', {});
      // @ts-expect-error: an event of v1 has more than that
      await publish('tracks', { schema: 'drone-ptz-metadata/1', type: 'track_event' });
      for (let n = 0; n < 2000; n += 1) await publish('counts', null as never);
    },
  }),
});

test('what JSON cannot say is refused like the rest', async () => {
  const any = topic({ doc: 'Anything.', schema: Type.Object({}), keep: 'every' });
  const sloppy = defineNode({
    name: 'sloppy',
    doc: 'Publishes what is no JSON.',
    params: Type.Object({}),
    inputs: {},
    outputs: {},
    topics: { any },
    pace: () => 'asap',
    open: ({ publish }) => ({
      async run() {
        const circle: Record<string, unknown> = {};
        circle.circle = circle;
        await publish('any', { big: 1n });
        await publish('any', circle);
        await publish('any', { toJSON: () => undefined });
        await publish('any', { fine: true });
      },
    }),
  });
  const run = await runNode(sloppy);
  expect(run.parsed('any')).toEqual([{ fine: true }]);
  expect(run.stats('node')).toMatchObject({ refused_messages: 3 });
});

test('what matches its topic goes out; the rest is dropped, counted and logged, but not each time', async () => {
  const run = await runNode(counter);
  expect(run.messages).toEqual([
    { topic: 'counts', json: '{"count":1}', live: true },
    {
      topic: 'counts',
      json: '{"count":2}',
      live: false,
      frame: { index: 0, captureMonoMs: 0, decodedMonoMs: 1, inferenceMs: 2 },
    },
  ]);
  expect(run.stats('node')).toMatchObject({ refused_messages: 2003 });
  expect(run.failures).toEqual([]);
  expect(run.logs.map(({ level, fields }) => [level, fields?.topic, fields?.error, fields?.so_far])).toEqual([
    ['error', 'counts', "count: expected integer, got 'three'", 1],
    ['error', 'counts', 'not an object', 1001],
    ['error', 'counts', 'not an object', 2001],
  ]);
});
