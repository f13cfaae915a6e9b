/** Users' own nodes on real workers: found by path, and what happens when they throw. */
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { Folder, graphText, SKY, sky, testNode } from '../support/graphs.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';
import { TestSession } from '../support/sessions.ts';

/** Source and decoder with this consumer of frames. */
function withFrames(options: string, pace: 'realtime' | 'asap' = 'asap'): string {
  return graphText({
    source: sky({ pace, loop: pace === 'realtime' }),
    decode: '{ use: decode, from: source }',
    frames: `{ use: ${testNode('frames')}, from: decode, with: { ${options} } }`,
  });
}

/** The node that hands tracks on, with these options, in a graph that replays the clip's detections. */
function between(options: string): string {
  return graphText({
    replay: `{ use: replay, with: { path: ${SKY.replace('.mp4', '.detections.jsonl')} } }`,
    track: '{ use: track, from: replay }',
    between: `{ use: ${testNode('mistaken')}, from: track, with: { ${options} } }`,
    publish: '{ use: publish, from: between }',
  });
}

/** Line of the test node at which this text stands, as in `frames.ts:40`. */
function lineOf(node: string, text: string): string {
  const lines = readFileSync(testNode(node), 'utf8').split('\n');
  return `${node}.ts:${lines.findIndex((line) => line.includes(text)) + 1}:`;
}

describe('a node by path', () => {
  test.concurrent(
    'gets every frame, and its output and counters are seen',
    async () => {
      await using session = await TestSession.start(withFrames('print: true'));
      const { frames, restarts } = await session.state('ended');
      expect(frames).toEqual({ decoded: 300, processed: 300, dropped: 0, in_flight: 0 });
      expect(restarts).toBe(0);
      expect(session.node('frames')).toMatchObject({ frames: 300, closed: 1 });
      expect(session.node('frames')).not.toHaveProperty('out_of_order');
      expect(session.log).toContainEqual(
        expect.objectContaining({ level: 'info', message: 'the first frame is here' }),
      );
    },
    TEST_LIMIT_MS,
  );

  test.concurrent(
    'a permanent error in open ends the session: trying again cannot help',
    async () => {
      await using session = await TestSession.start(withFrames('fail: open'));
      const { fault, restarts, running } = await session.state('failed');
      expect({ running, restarts, code: fault?.code }).toEqual({ running: false, restarts: 0, code: 'test_open' });
      expect(fault?.message).toStartWith('node frames: this node never opens (');
      expect(fault?.message).toContain(lineOf('frames', 'this node never opens'));
      const errors = session.log.filter(({ level }) => level === 'error');
      expect(errors).toEqual([expect.objectContaining({ node: 'frames', camera: 'cam', code: 'test_open' })]);
    },
    TEST_LIMIT_MS,
  );

  test.concurrent(
    'any other error in open is tried again',
    async () => {
      using folder = new Folder();
      const node = `{ use: ${testNode('fails-once')}, with: { mark: ${folder.file('mark')} } }`;
      await using session = await TestSession.start(graphText({ node }));
      const { restarts, fault } = await session.state('running');
      expect({ restarts, fault }).toEqual({ restarts: 1, fault: null });
      const busy = { level: 'error', node: 'node', message: 'the device is busy' };
      expect(session.log).toContainEqual(expect.objectContaining(busy));
    },
    TEST_LIMIT_MS,
  );

  test.concurrent(
    'a wrong value is the fault of the node that sends it, with its place in the value and the line of the code',
    async () => {
      await using session = await TestSession.start(between('wrong_at: 20'));
      const { fault, frames } = await session.state('restarting');
      expect(fault?.code).toBe('wrong_value');
      expect(fault?.message).toStartWith(
        'node between: the value that it sends to its output tracks is wrong: tracks/0/',
      );
      expect(fault?.message).toContain('bboxPx/w: expected number, got NaN');
      expect(fault?.message).toContain(lineOf('mistaken', 'emit.tracks('));
      expect(frames.decoded).toBe(frames.processed + frames.dropped);
    },
    TEST_LIMIT_MS,
  );

  test.concurrent.each([
    { times: 3, processed: 300 },
    { times: 0, processed: 0 },
  ])(
    '$times messages a frame: a frame counts once',
    async ({ times, processed }) => {
      await using session = await TestSession.start(between(`times: ${times}`));
      const { frames } = await session.state('ended');
      expect(frames).toEqual({ decoded: 300, processed, dropped: 300 - processed, in_flight: 0 });
    },
    TEST_LIMIT_MS,
  );

  test.concurrent(
    'throwing on a frame restarts the session, and says where',
    async () => {
      await using session = await TestSession.start(withFrames('fail: frame, at: 20'));
      const { fault, frames } = await session.state('restarting');
      expect(fault?.code).toBe('node_failed');
      expect(fault?.message).toStartWith('node frames: frame 20 is one too many (');
      expect(fault?.message).toContain(lineOf('frames', 'is one too many'));
      expect(frames.processed).toBe(19);
      expect(frames.decoded).toBe(frames.processed + frames.dropped);
      await session.until('a second run', ({ restarts }) => restarts >= 2);
      // The end of the first run was orderly: every node was closed.
      expect(session.view.frames.processed).toBe(2 * 19);
    },
    TEST_LIMIT_MS,
  );

  test.concurrent('throwing at import is found before anything starts', async () => {
    const graph = graphText({
      source: sky({ pace: 'asap' }),
      decode: '{ use: decode, from: source }',
      broken: `{ use: ${testNode('import-error')}, from: decode }`,
    });
    const error = await TestSession.start(graph).then(String, (reason: Error) => reason.message);
    expect(error).toMatch(/graph\.yaml:6:\d+ nodes\.broken\.use: can't be loaded: .*this module cannot be loaded/);
    expect(error).toContain('import-error.ts:2:');
  });

  test.concurrent(
    'a failure elsewhere does not wait for a node that never comes back',
    async () => {
      const graph = graphText({
        source: sky({ pace: 'realtime', loop: true }),
        decode: '{ use: decode, from: source }',
        hangs: `{ use: ${testNode('frames')}, from: decode, with: { hang: true, counts: false } }`,
        throws: `{ use: ${testNode('frames')}, from: decode, with: { width: 32, fail: frame, at: 10 } }`,
      });
      await using session = await TestSession.start(graph);
      const { fault } = await session.state('restarting');
      expect(fault?.message).toStartWith('node throws: frame 10 is one too many');
    },
    TEST_LIMIT_MS,
  );
});

describe('stopping', () => {
  test.concurrent(
    'a graph that plays on is stopped in order, well before the deadline',
    async () => {
      await using session = await TestSession.start(withFrames('block_ms: 1', 'realtime'));
      await session.state('running');
      const { state, frames } = await session.stop();
      expect(state).toBe('stopped');
      expect(session.node('frames')).toMatchObject({ closed: 1 });
      expect(frames.in_flight).toBe(0);
      expect(frames.decoded).toBe(frames.processed + frames.dropped);
    },
    TEST_LIMIT_MS,
  );

  test.concurrent(
    'a node that never comes back is stopped by force, and the log says which',
    async () => {
      await using session = await TestSession.start(withFrames('hang: true, at: 20', 'realtime'));
      await session.state('running');
      await session.until('the node hangs', ({ nodes }) => Number(nodes.decode?.decoded) > 30);
      expect(await session.set.stopAll()).toBe(false);
      expect(session.view.state).toBe('stopped');
      const named = {
        level: 'error',
        code: 'node_hangs',
        node: 'frames',
        message: 'a handler has not returned for 3.5 s',
      };
      expect(session.log).toEqual([expect.objectContaining(named)]);
    },
    TEST_LIMIT_MS,
  );

  test.concurrent(
    'a source that never waits does not starve its worker: its figures are seen, and it stops in order',
    async () => {
      const graph = graphText({
        busy: `{ use: ${testNode('busy')}, worker: a }`,
        order: `{ use: ${testNode('order')}, from: busy, worker: a }`,
      });
      await using session = await TestSession.start(graph);
      await session.state('running');
      await session.until('figures', ({ nodes }) => Number(nodes.busy?.decoded) > 50);
      expect(await session.set.stopAll()).toBe(true);
      expect(session.node('busy')).toMatchObject({ closed: 1 });
      expect(session.log.filter(({ code }) => code === 'session_killed')).toEqual([]);
      const { decoded, processed, in_flight } = session.view.frames;
      expect({ processed, in_flight }).toEqual({ processed: decoded, in_flight: 0 });
    },
    TEST_LIMIT_MS,
  );

  test.concurrent(
    'a session that has only just begun stops at once',
    async () => {
      await using session = await TestSession.start(withFrames('', 'realtime'));
      const { state } = await session.stop();
      expect(state).toBe('stopped');
    },
    TEST_LIMIT_MS,
  );
});
