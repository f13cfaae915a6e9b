/** A node that says too much: bounded and counted; its own session, another one and the server go on. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Folder, graphText, testNode } from '../support/graphs.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';
import { TestSession } from '../support/sessions.ts';

const MANY = 50_000;

/** What is seen of a flood of {@link MANY}. */
interface Seen {
  readonly floods: Readonly<Record<string, number | string>>;
  readonly log: readonly Record<string, unknown>[];
}

const lines = ({ log }: Seen) => log.filter(({ message }) => String(message).startsWith('line ')).length;
const dropped = ({ floods }: Seen) => expect(Number(floods.dropped_messages)).toBeGreaterThan(1000);

const WAYS: Record<string, (seen: Seen) => void> = {
  every: dropped,
  latest: dropped,
  emit: dropped,
  log: (seen) => {
    expect(lines(seen)).toBeLessThan(MANY / 10);
    expect(seen.log).toContainEqual(expect.objectContaining({ node: 'floods', message: 'too much to log' }));
  },
  console: (seen) => {
    expect(lines(seen)).toBeLessThan(MANY / 10);
    expect(seen.log).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining('lines were left out') }),
    );
  },
  fault: ({ log }) => expect(log.length).toBeLessThan(MANY / 10),
  keep: () => undefined,
  board: () => undefined,
  counters: ({ floods }) => {
    expect(Object.keys(floods).length).toBeLessThan(1000);
    expect(Number(floods.names_left_out)).toBeGreaterThan(1000);
  },
  gauge: ({ floods }) => expect(String(floods.text).length).toBeLessThan(2000),
};

let other: TestSession;
beforeAll(async () => {
  const busy = `{ use: ${testNode('busy')}, with: { block_ms: 5 } }`;
  other = await TestSession.start(graphText({ busy, order: `{ use: ${testNode('order')}, from: busy }` }));
  await other.state('running');
}, TEST_LIMIT_MS);
afterAll(() => other[Symbol.asyncDispose]());

test.each(Object.keys(WAYS))(
  '%s',
  async (what) => {
    using folder = new Folder();
    const idle = { where: 'close', how: 'wait', starts: folder.file('starts'), times: 0 };
    await using flood = await TestSession.start(
      graphText({
        floods: `{ use: ${testNode('floods')}, worker: a, with: { what: ${what} } }`,
        // Its handler is not done at once, so that what it is given may pile up.
        hangs: `{ use: ${testNode('hangs')}, worker: a, from: floods, with: ${JSON.stringify(idle)} }`,
        order: `{ use: ${testNode('order')}, from: hangs, worker: a }`,
      }),
    );
    await flood.state('running');
    const { decoded: before } = other.view.frames;
    await flood.until('the flood', ({ nodes }) => Number(nodes.floods?.done) > MANY);
    await flood.until('frames in the middle of it', ({ frames }) => frames.processed > 10);
    await other.until('frames of the other session', ({ frames }) => frames.decoded > before + 20);
    expect(await flood.set.stopAll()).toBe(true);
    expect(flood.view).toMatchObject({ state: 'stopped', restarts: 0 });
    WAYS[what]?.({ floods: flood.node('floods'), log: flood.log });
  },
  TEST_LIMIT_MS,
);

test(
  'in asap pace a node that waits for nothing that it emits is named',
  async () => {
    using folder = new Folder();
    const idle = { where: 'close', how: 'wait', starts: folder.file('starts'), times: 0 };
    await using session = await TestSession.start(
      graphText({
        floods: `{ use: ${testNode('floods-asap')}, worker: a, with: { what: emit, burst: 20000 } }`,
        hangs: `{ use: ${testNode('hangs')}, worker: a, from: floods, with: ${JSON.stringify(idle)} }`,
        order: `{ use: ${testNode('order')}, from: hangs, worker: a }`,
      }),
    );
    const { fault } = await session.state('restarting');
    expect(fault?.message).toStartWith('node floods: 10000 values that it has emitted wait (await emit)');
  },
  TEST_LIMIT_MS,
);
