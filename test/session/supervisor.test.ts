/** The supervisor of a session's process, with a real process and no session around it. */

import { expect, test } from 'bun:test';
import { SystemClock } from '../../runtime/clock.ts';
import type { FromChild } from '../../runtime/session/messages.ts';
import type { ProcessStart } from '../../runtime/session/session-process.ts';
import { Supervisor } from '../../runtime/session/supervisor.ts';
import { PATIENCE_MS, TEST_LIMIT_MS, until } from '../support/patience.ts';

/** A graph that cannot be opened: its only node is not there. */
function start(): ProcessStart {
  const node = { id: 'gone', use: '/no/such/node.ts', params: {}, live: [], stateless: false, requests: [], links: [] };
  const workers = [{ name: 'gone', nodes: ['gone'] }];
  const options = { file: 'x.yaml', camera: 'x', sessionId: 'x', recording: false, modelFolders: [] };
  return {
    graph: { pace: 'asap', nodes: [node], workers, rings: [] },
    options: { ...options, pace: 'asap' },
    kept: new Map(),
  };
}

test(
  'messages between the end of the channel and that of the process go nowhere',
  async () => {
    const ends: string[] = [];
    const received: FromChild['type'][] = [];
    const supervisor: Supervisor = new Supervisor(new SystemClock(), {
      start,
      message: ({ type }) => {
        received.push(type);
        // Right after it, the channel is closed from this side.
        if (type === 'done') queueMicrotask(() => supervisor.send({ type: 'request', id: 1, name: 'x', params: {} }));
      },
      output: () => undefined,
      killed: ({ message }) => ends.push(message),
      over: (how, error) => ends.push(`${how}: ${error?.message}`),
      restarting: async (how) => void ends.push(`restarting: ${how}`),
      left: () => undefined,
      replaced: () => undefined,
    });
    supervisor.start();
    const { pid } = supervisor;
    expect(pid).toBeGreaterThan(0);
    await until('the end', () => ends.length > 0, PATIENCE_MS);
    expect(received).toEqual(['failed', 'done']);
    expect(ends).toEqual(['failed: there is no file /no/such/node.ts']);
    expect(supervisor.pid).toBeUndefined();
    await supervisor.stop();
  },
  TEST_LIMIT_MS,
);
