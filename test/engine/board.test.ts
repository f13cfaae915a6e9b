/** What nodes tell each other beside the links: within a worker, across workers, and never beside a handler. */
import { describe, expect, test } from 'bun:test';
import { Board, Inbox } from '../../runtime/engine/board.ts';
import type { BoardMessage } from '../../runtime/engine/messages.ts';
import type { CameraNews, HeadNews, MotorCommand } from '../../runtime/node.ts';
import { boardTopics, defineNode, type NodeBoard, Type } from '../../runtime/node.ts';
import { type NodeRun, openGraph } from '../node-runner.ts';
import { detectionsOf } from '../nodes/recorded.ts';
import { graphText, testNode } from '../support/graphs.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';
import { TestSession } from '../support/sessions.ts';

const camera = (panDeg: number): CameraNews => ({
  atMs: 0,
  moving: false,
  panDeg,
  tiltDeg: 0,
  hfovDeg: 60,
  preset: null,
});
const alike = <T>(value: T) => ({ pan: value, tilt: value, zoom: value });
const head = (hfovDeg: number): HeadNews => ({
  atMs: 0,
  axes: alike({ position: 0, rate: 0, moving: false }),
  spec: alike({ min: 0, max: 1, maxRate: 1 }),
  hfovDeg,
});
const stop: MotorCommand = { kind: 'stop', axes: ['pan', 'tilt', 'zoom'] };

describe('inbox', () => {
  test('a newer value takes the place of an older one; where every value counts, none is left out', async () => {
    const heard: unknown[] = [];
    const inbox = new Inbox();
    inbox.watch(boardTopics.head, ({ hfovDeg }: HeadNews) => void heard.push(hfovDeg));
    inbox.watch(boardTopics.motors, ({ kind }: MotorCommand) => void heard.push(kind));
    inbox.put({ topic: 'head', value: head(1) });
    inbox.put({ topic: 'motors', value: { kind: 'rate', rates: { pan: 5 }, forS: 1 } });
    inbox.put({ topic: 'head', value: head(2) });
    inbox.put({ topic: 'motors', value: stop });
    inbox.put({ topic: 'camera', value: camera(3) });
    await inbox.read();
    expect(heard).toEqual(['rate', 2, 'stop']);
    expect(inbox.isEmpty).toBe(true);
    await inbox.read();
    expect(heard).toHaveLength(3);
  });

  test('a node that hangs does not fill the memory: the oldest goes, and is counted', async () => {
    const heard: number[] = [];
    const inbox = new Inbox();
    inbox.watch(
      boardTopics.motors,
      (command: MotorCommand & { kind: 'to' }) => void heard.push(command.values.pan ?? 0),
    );
    let lost = 0;
    for (let pan = 0; pan < 1500; pan++) {
      lost += inbox.put({ topic: 'motors', value: { kind: 'to', values: { pan }, maxRates: {} } });
    }
    await inbox.read();
    expect({ lost, first: heard[0], last: heard.at(-1), count: heard.length }).toEqual({
      lost: 476,
      first: 476,
      last: 1499,
      count: 1024,
    });
  });
});

describe('board', () => {
  test('tells all but the one who posts, passes on what is posted here and not what came from elsewhere', () => {
    const heard: string[] = [];
    const passed: BoardMessage[] = [];
    const board = new Board((message) => passed.push(message));
    for (const node of ['a', 'b', 'c']) board.join(node, ({ topic }) => heard.push(`${node} ${topic}`));
    board.post('b', 'motors', stop);
    expect(heard).toEqual(['a motors', 'c motors']);
    board.receive({ topic: 'camera', value: camera(1) });
    expect(heard.slice(2)).toEqual(['a camera', 'b camera', 'c camera']);
    expect(passed).toEqual([{ topic: 'motors', value: stop }]);
  });

  test('hears a copy, and refuses what is not plain data also when nobody is on another worker', () => {
    const heard: BoardMessage[] = [];
    const board = new Board(() => undefined);
    board.join('a', (message) => heard.push(message));
    const rates = { pan: 1 };
    board.post('b', 'motors', { kind: 'rate', rates, forS: null });
    rates.pan = 2;
    expect(heard[0]?.value).toEqual({ kind: 'rate', rates: { pan: 1 }, forS: null });
    expect(() => board.post('b', 'motors', { kind: () => 'rate' })).toThrow();
  });
});

describe('nodes of one worker', () => {
  test('news from open waits until the listener is open; one hears what others post, in order, and not oneself', async () => {
    const heard: string[] = [];
    const told =
      (id: string) =>
      ({ panDeg }: CameraNews) =>
        void heard.push(`${id} ${panDeg}`);
    const run = await openPair({
      // The second node opens last: it hears what is posted from then on.
      first: (board) => board.watch(boardTopics.camera, told('first')),
      second: (board) => {
        board.watch(boardTopics.camera, told('second'));
        board.post(boardTopics.camera, camera(1));
      },
      onFirst: (board) => board.post(boardTopics.camera, camera(2)),
    });
    run.start();
    await run.finished;
    expect(heard).toEqual(['first 1', 'second 2']);
    expect(run.posts.map(({ value }) => (value as CameraNews).panDeg)).toEqual([1, 2]);
  });

  test('listeners run between handlers, never beside them; meanwhile a burst shrinks to its newest value', async () => {
    const order: string[] = [];
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const run = await openPair({
      first: (board) => {
        board.watch(boardTopics.head, ({ hfovDeg }) => void order.push(`head ${hfovDeg}`));
        board.watch(boardTopics.motors, async ({ kind }) => {
          order.push(`${kind} begins`);
          await Promise.resolve();
          order.push(`${kind} ends`);
        });
      },
      onFirst: async () => {
        order.push('handler begins');
        await released;
        order.push('handler ends');
      },
    });
    run.start();
    await run.until(() => order.length > 0);
    for (const hfovDeg of [1, 2, 3]) await run.post(boardTopics.head, head(hfovDeg));
    await run.post(boardTopics.motors, stop);
    await run.post(boardTopics.motors, { kind: 'by', values: { pan: 1 }, maxRates: {} });
    expect(order).toEqual(['handler begins']);
    release();
    await run.finished;
    expect(order).toEqual([
      'handler begins',
      'handler ends',
      'head 3',
      'stop begins',
      'stop ends',
      'by begins',
      'by ends',
    ]);
  });

  test('a closed node hears nothing, and a listener that throws fails its own node only', async () => {
    const heard: number[] = [];
    const run = await openPair({
      first: (board) =>
        board.watch(boardTopics.camera, ({ panDeg }) => {
          heard.push(panDeg ?? 0);
          if (panDeg === 2) throw new Error('two');
        }),
      onSecond: (board) => board.post(boardTopics.camera, camera(2)),
    });
    await run.post(boardTopics.camera, camera(1));
    run.start();
    await run.finished;
    expect(heard).toEqual([1, 2]);
    expect(run.failures).toEqual([{ node: 'first', error: new Error('two') }]);
    await run.post(boardTopics.camera, camera(3));
    expect(heard).toEqual([1, 2]);
  });
});

test(
  'nodes on other workers: every value that counts arrives, in order, and answers come back',
  async () => {
    const graph = graphText({
      herald: `{ use: ${testNode('herald')}, worker: a, with: { count: 500 } }`,
      hearer: `{ use: ${testNode('hearer')}, from: herald, worker: b, with: { block_ms: 2 } }`,
      beside: `{ use: ${testNode('order')}, from: herald, worker: c }`,
    });
    await using session = await TestSession.start(graph);
    await session.state('ended');
    const hearer = session.node('hearer');
    expect(hearer).toEqual({ commands: 500, camera_news: 500, camera_at: 500 });
    // Nothing but the answer: what it posts itself it does not hear.
    expect(session.node('herald')).toEqual({ answer: 500 });
  },
  TEST_LIMIT_MS,
);

interface Pair {
  readonly first?: (board: NodeBoard) => void;
  readonly second?: (board: NodeBoard) => void;
  readonly onFirst?: (board: NodeBoard) => void | Promise<void>;
  readonly onSecond?: (board: NodeBoard) => void | Promise<void>;
}

/** Two nodes that get one frame each, `first` opened before `second`. */
function openPair(pair: Pair): Promise<NodeRun> {
  const node = (name: string, open: (board: NodeBoard) => void, on: (board: NodeBoard) => void | Promise<void>) =>
    defineNode({
      name,
      doc: 'Made for a test.',
      params: Type.Object({}),
      inputs: { detections: { kind: 'detections' } },
      outputs: {},
      board: { posts: Object.values(boardTopics), watches: Object.values(boardTopics) },
      open: ({ board }) => {
        open(board);
        return { on: { detections: () => on(board) } };
      },
    });
  const nothing = () => undefined;
  const contracts = [
    node('first', pair.first ?? nothing, pair.onFirst ?? nothing),
    node('second', pair.second ?? nothing, pair.onSecond ?? nothing),
  ];
  const feed = { first: { detections: [detectionsOf(0)] }, second: { detections: [detectionsOf(0)] } };
  return openGraph('{ first: { use: first }, second: { use: second } }', { contracts, feed });
}
