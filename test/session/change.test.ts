/** A running session is given another graph: real processes, workers and video. Ten changes one after the other: change.long. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { COMPACT_MODEL, graphText, testNode } from '../support/graphs.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';
import { TestSession } from '../support/sessions.ts';
import {
  detect,
  expectWhole,
  FAST_MODEL,
  framesOn,
  graph,
  printGap,
  REFUSES,
  running,
  ticks,
  told,
  ZONES,
} from './changing.ts';

describe('one session, changed and changed back', () => {
  let session: TestSession;
  let pid: number | undefined;
  beforeAll(async () => {
    session = await running();
    pid = session.pid;
  }, TEST_LIMIT_MS);
  afterAll(() => session[Symbol.asyncDispose]());
  beforeEach(async () => {
    await session.change(graph());
    await session.until('a track', ({ tracks }) => tracks > 0);
  }, TEST_LIMIT_MS);

  test('the same graph again: nothing', async () => {
    expect(await session.change(graph())).toEqual({ how: 'nothing', nodes: [], workers: [] });
  });

  test('a live option of decode: taken while all goes on', async () => {
    const ids = new Set(told(session).keys());
    const changed = await session.change(graph({ decode: '{ use: decode, from: source, with: { fps: 5 } }' }));
    expect(changed).toEqual({ how: 'live', nodes: ['decode'], workers: [] });
    await session.until('left out frames', () => Number(session.node('decode').rate_limited) > 10);
    await framesOn(session, 3);
    expect([...ids].every((id) => told(session).has(id))).toBe(true);
  });

  test('detect.confidence: in effect at once', async () => {
    const changed = await session.change(graph({ detect: detect(COMPACT_MODEL, ', confidence: 1') }));
    expect(changed).toEqual({ how: 'live', nodes: ['detect'], workers: [] });
    await session.until('nothing detected', ({ tracks }) => tracks === 0);
  });

  test('detect.model: ids, frame numbers and the target go on', async () => {
    const target_id = ticks(session).at(-1)?.tracks[0]?.id ?? -1;
    await session.set.request(session.view.session_id, 'set_target_id', { target_id });
    await session.until('the target', ({ selected_target_id }) => selected_target_id === target_id);
    const from = ticks(session).length;
    const changed = await session.change(graph({ detect: detect(FAST_MODEL) }));
    expect(changed).toEqual({ how: 'workers', nodes: ['detect'], workers: ['detect'] });
    await framesOn(session);
    // What nodes say of themselves is told twice a second.
    await session.until('the model', () => session.node('detect').model === 'fast');
    expect(session.view.selected_target_id).toBe(target_id);
    printGap('detect.model', session, from);
  });

  test('a node more, and a node less: tracks go on', async () => {
    const from = ticks(session).length;
    const changed = await session.change(graph({ zones: ZONES, publish: '{ use: publish, from: zones }' }));
    expect(changed).toEqual({ how: 'workers', nodes: ['publish', 'zones'], workers: ['track'] });
    await session.until('a track in the zone', () => ticks(session).at(-1)?.tracks[0]?.zones?.[0] === 'all');
    await session.change(graph());
    await session.until('a track in no zone', () => ticks(session).at(-1)?.tracks[0]?.zones === undefined);
    await framesOn(session);
    printGap('zones', session, from);
  });

  test('another option of decode: its worker starts again, and frames go on from where they were', async () => {
    const changed = await session.change(graph({ decode: '{ use: decode, from: source, with: { threads: 2 } }' }));
    expect(changed).toEqual({ how: 'workers', nodes: ['decode'], workers: ['source'] });
    await framesOn(session);
  });

  test('a node that can’t be opened: refused, and all goes on', async () => {
    await expect(session.change(graph(REFUSES))).rejects.toMatchObject({ code: 'refuses' });
    await framesOn(session);
    // What had left the source's worker for the change is back, but in one of its own.
    expect(session.graph.nodes.map(({ id, worker }) => [id, worker])).toEqual([
      ['source', 'source'],
      ['decode', 'source'],
      ['detect', 'detect'],
      ['track', 'track'],
      ['publish', 'track'],
    ]);
  });

  test('all of it in the same process, and whole', async () => {
    expect(session.pid).toBe(pid);
    await expectWhole(session);
  });
});

test(
  'in asap pace no frame is lost over it',
  async () => {
    await using session = await TestSession.start(graph({}, 'asap'), { record: true });
    await session.until('some frames', ({ frames }) => frames.processed > 5);
    const changed = await session.change(graph({ detect: detect(COMPACT_MODEL, ', threads: 2') }, 'asap'));
    expect(changed.how).toBe('workers');
    await session.state('ended');
    const { frames } = session.view;
    const indices = ticks(session).map(({ frame_index }) => frame_index);
    expect(indices).toEqual(Array.from({ length: frames.decoded }, (_, index) => index));
    await expectWhole(session);
  },
  TEST_LIMIT_MS,
);

test(
  'a worker is shared: what changes leaves it, and the rest goes on without a stop',
  async () => {
    const COUNT = 20_000;
    const shared = (blockMs: number) =>
      graphText({
        numbers: `{ use: ${testNode('numbers')}, worker: w, with: { count: ${COUNT} } }`,
        relay: `{ use: ${testNode('relay')}, from: numbers, worker: r }`,
        order: `{ use: ${testNode('order')}, from: relay, worker: w, with: { block_ms: ${blockMs} } }`,
      });
    await using session = await TestSession.start(shared(1.5));
    const workerOf = (node: string) => session.graph.nodes.find(({ id }) => id === node)?.worker;
    for (const blockMs of [1, 1.5]) {
      const { processed } = session.view.frames;
      await session.until('some more', ({ frames }) => frames.processed > processed + 100);
      // Numbers would begin anew if their node were started again, which only a new process could do.
      const changed = await session.change(shared(blockMs));
      expect(changed).toEqual({ how: 'workers', nodes: ['order'], workers: ['order'] });
      expect(['numbers', 'order'].map(workerOf)).toEqual(['w', 'order']);
    }
    await session.state('ended');
    expect(session.view).toMatchObject({ restarts: 0, frames: { decoded: COUNT, processed: COUNT, dropped: 0 } });
  },
  TEST_LIMIT_MS,
);

test(
  'what leaves a shared worker hands on all that it was given',
  async () => {
    const COUNT = 20_000;
    const chained = (middle: string) =>
      graphText({
        numbers: `{ use: ${testNode('numbers')}, worker: w, with: { count: ${COUNT} } }`,
        relay: `{ use: ${testNode('relay')}, from: numbers, worker: r }`,
        middle: `{ use: ${testNode('relay')}, from: relay, worker: ${middle} }`,
        order: `{ use: ${testNode('order')}, from: middle, worker: o, with: { block_ms: 1 } }`,
      });
    await using session = await TestSession.start(chained('w'));
    for (const middle of ['x', 'y']) {
      const { processed } = session.view.frames;
      await session.until('some more', ({ frames }) => frames.processed > processed + 100);
      expect(await session.change(chained(middle))).toMatchObject({ how: 'workers' });
    }
    await session.state('ended');
    const { gaps = 0, backwards = 0, processed } = session.node('order');
    expect({ gaps, backwards, processed }).toEqual({ gaps: 0, backwards: 0, processed: COUNT });
    expect(session.view.restarts).toBe(0);
  },
  TEST_LIMIT_MS,
);

test(
  'another pace: a whole new process, under the same session id; refused where it can’t be opened',
  async () => {
    await using session = await running();
    const { session_id } = session.view;
    await expect(session.change(graph(REFUSES, 'asap'))).rejects.toMatchObject({ code: 'refuses' });
    await framesOn(session);
    expect(session.view).toMatchObject({ restarts: 0, state: 'running' });
    const { pid } = session;
    expect(await session.change(graph({}, 'asap'))).toMatchObject({ how: 'process' });
    await session.state('ended');
    expect(session.view).toMatchObject({ session_id, restarts: 0 });
    expect(session.pid).not.toBe(pid);
  },
  TEST_LIMIT_MS,
);
