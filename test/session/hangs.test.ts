/** Nodes that hang or take their worker with them: named in log and fault, and started again; nothing goes on as if. */

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { Slots } from '../e2e/slots.ts';
import { Folder, graphText, testNode } from '../support/graphs.ts';
import { PATIENCE_MS, TEST_LIMIT_MS, until } from '../support/patience.ts';
import { TestSession } from '../support/sessions.ts';

/** A producer, the node that hangs, and one that counts what comes through; each in a worker of its own. */
function graph(folder: Folder, options: { where: string; how: string; node?: string; times?: number }): string {
  const { where, how, node = 'hangs', times = 1 } = options;
  const starts = folder.file('starts');
  return graphText({
    busy: `{ use: ${testNode('busy')}, with: { block_ms: 10 } }`,
    hangs: `{ use: ${testNode(node)}, from: busy, with: { where: ${where}, how: ${how}, starts: ${starts}, times: ${times} } }`,
    order: `{ use: ${testNode('order')}, from: hangs }`,
  });
}

const CAUSE = {
  open: 'open has not returned for 4 s',
  handler: 'a handler has not returned for 2 s',
  timer: 'its worker has been held up for 2 s',
  exit: 'its worker hangs has exited',
};

interface Case {
  readonly where: string;
  readonly how: string;
  readonly cause: string;
}

/** So many sessions start at a time: what takes a node long shall be the node. */
const slots = new Slots(8);
function each(name: string, cases: readonly Case[], run: (one: Case) => Promise<void>): void {
  test.concurrent.each(cases)(name, (one) => slots.with(() => run(one)), TEST_LIMIT_MS);
}

describe('the process of the session is started again', () => {
  const cases = [
    { where: 'open', how: 'wait', cause: CAUSE.open },
    { where: 'open', how: 'loop', cause: CAUSE.open },
    { where: 'open', how: 'exit', cause: CAUSE.exit },
    { where: 'open', how: 'native', cause: CAUSE.open },
    { where: 'handler', how: 'wait', cause: CAUSE.handler },
    { where: 'handler', how: 'spin', cause: CAUSE.handler },
    { where: 'handler', how: 'exit', cause: CAUSE.exit },
    { where: 'handler', how: 'native', cause: CAUSE.handler },
    { where: 'timer', how: 'loop', cause: CAUSE.timer },
    { where: 'timer', how: 'exit', cause: CAUSE.exit },
  ];
  each('$how in $where', cases, async ({ where, how, cause }) => {
    using folder = new Folder();
    await using session = await TestSession.start(graph(folder, { where, how }));
    const { fault } = await session.state('restarting');
    expect(fault?.message).toStartWith(`node hangs: ${cause}`);
    const code = how === 'exit' ? 'worker_exited' : 'node_hangs';
    expect(session.log).toContainEqual(
      expect.objectContaining({ level: 'error', code, node: 'hangs', message: cause }),
    );
    await session.state('running');
    await session.until('values again', ({ nodes, fault: now }) => Number(nodes.hangs?.seen) > 20 && !now);
    expect(session.view).toMatchObject({ restarts: 1, fault: null });
  });
});

describe('a stateless node: its worker is started again, and the rest goes on', () => {
  const cases = [
    { where: 'handler', how: 'wait', cause: CAUSE.handler },
    { where: 'handler', how: 'exit', cause: CAUSE.exit },
  ];
  each('$how in $where, twice', cases, async ({ where, how, cause }) => {
    using folder = new Folder();
    const text = graph(folder, { where, how, node: 'hangs-alone', times: 2 });
    await using session = await TestSession.start(text);
    const named = () => session.log.filter(({ node, message }) => node === 'hangs' && message === cause).length;
    await until('the node is named, twice', () => named() === 2, PATIENCE_MS);
    const before = Number(session.node('order').processed);
    await session.until('values again', ({ nodes, fault: now }) => Number(nodes.hangs?.seen) > 20 && !now);
    await session.until('the next node goes on', ({ nodes }) => Number(nodes.order?.processed) > before + 20);
    expect(session.view).toMatchObject({ state: 'running', restarts: 0, fault: null });
    expect(session.node('order').out_of_order ?? 0).toBe(0);
    expect(await session.set.stopAll()).toBe(true);
  });

  test.concurrent(
    'a stop does not wait for a worker that is to be started again, nor starts it',
    async () => {
      using folder = new Folder();
      const text = graph(folder, { where: 'handler', how: 'exit', node: 'hangs-alone', times: 9 });
      await using session = await TestSession.start(text);
      const named = () => session.log.filter(({ node, message }) => node === 'hangs' && message === CAUSE.exit).length;
      // Before the fourth start there is a pause of half a second or more.
      await until('the node is named, three times', () => named() === 3, PATIENCE_MS);
      expect(await session.set.stopAll()).toBe(true);
      expect(readFileSync(folder.file('starts'), 'utf8')).toBe('xxx');
    },
    TEST_LIMIT_MS,
  );

  test.concurrent(
    'native code that does not let its thread go takes the process along',
    async () => {
      using folder = new Folder();
      await using session = await TestSession.start(
        graph(folder, { where: 'handler', how: 'native', node: 'hangs-alone' }),
      );
      const { fault } = await session.state('restarting');
      expect(fault?.message).toStartWith(`node hangs: ${CAUSE.handler}`);
      await session.state('running');
    },
    TEST_LIMIT_MS,
  );
});

describe('a stop', () => {
  const cases = [
    { where: 'end', how: 'wait', cause: 'a handler has not returned for' },
    { where: 'close', how: 'wait', cause: 'close has not returned for' },
    { where: 'close', how: 'loop', cause: 'close has not returned for' },
    { where: 'close', how: 'native', cause: 'close has not returned for' },
    { where: 'close', how: 'exit', cause: CAUSE.exit },
  ];
  each('$how in $where: the node is named, and the stop ends', cases, async ({ where, how, cause }) => {
    using folder = new Folder();
    await using session = await TestSession.start(graph(folder, { where, how }));
    await session.state('running');
    expect(await session.set.stopAll()).toBe(false);
    expect(session.view.state).toBe('stopped');
    const named = { level: 'error', node: 'hangs', message: expect.stringContaining(cause) };
    expect(session.log).toContainEqual(expect.objectContaining(named));
  });
});

test.concurrent(
  'a process that is stopped is killed and started again',
  async () => {
    using folder = new Folder();
    await using session = await TestSession.start(graph(folder, { where: 'close', how: 'wait', times: 0 }));
    await session.state('running');
    const { pid = 0 } = session;
    process.kill(pid, 'SIGSTOP');
    const { fault } = await session.state('restarting');
    expect(fault?.message).toBe('the session process had said nothing after 10 s and was killed');
    await session.state('running');
    expect(session.pid).not.toBe(pid);
  },
  TEST_LIMIT_MS,
);
