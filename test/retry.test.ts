/** Trying again: how long between attempts, when it ends, and what a node's surroundings are told of it. */
import { describe, expect, test } from 'bun:test';
import { defineNode, Type, WindhoverError } from '../runtime/node.ts';
import { Backoff, type RetryOptions, retry } from '../runtime/retry.ts';
import { sleep } from '../runtime/sleep.ts';
import { openNode } from './node-runner.ts';

describe('backoff', () => {
  test('doubles up to its bound, each time between the half and all of it, and starts again', () => {
    const limits = { firstMs: 500, longestMs: 15_000 };
    const [least, most] = [new Backoff(limits), new Backoff(limits)];
    const waits = (backoff: Backoff, random: number) => Array.from({ length: 7 }, () => backoff.next(random));
    expect(waits(least, 0)).toEqual([250, 500, 1000, 2000, 4000, 7500, 7500]);
    expect(waits(most, 1)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
    for (let failures = 0; failures < 10_000; failures++) most.next(1);
    expect(most.next(1)).toBe(15_000);
    most.reset();
    expect(most.next(1)).toBe(500);
  });

  test('a sleep is over when it is aborted, before or while it lasts', async () => {
    const abort = new AbortController();
    const asleep = sleep(1e9, abort.signal);
    abort.abort();
    await asleep;
    await sleep(1e9, abort.signal);
  });
});

describe('the loop', () => {
  /** Runs it with these attempts, one after the other, in no time. */
  async function run<T>(attempts: RetryOptions<T>['attempt'][], failed: (error: unknown) => number | undefined = none) {
    const waits: number[] = [];
    const abort = new AbortController();
    const result = await retry({
      signal: abort.signal,
      attempt: (connected) => attempts.shift()?.(connected) ?? Promise.reject(abort.abort()),
      failed,
      time: { wait: async (ms) => void waits.push(ms), random: () => 1 },
    });
    return { result, waits };
  }
  const none = () => undefined;
  const fails = (message: string) => async () => {
    throw new Error(message);
  };

  test('ends with what the first good attempt returns', async () => {
    const errors: string[] = [];
    const attempts = [fails('a'), fails('b'), async () => 'good', fails('c')];
    const { result, waits } = await run(attempts, (error) => void errors.push(String(error)));
    expect({ result, waits, errors }).toEqual({ result: 'good', waits: [500, 1000], errors: ['Error: a', 'Error: b'] });
  });

  test('a connection that was up begins the waits anew', async () => {
    const upAndLost = async (connected: () => void) => {
      connected();
      throw new Error('lost');
    };
    expect((await run([fails('a'), fails('b'), upAndLost, fails('c')])).waits).toEqual([500, 1000, 500, 1000]);
  });

  test('the other side may ask for longer waits, not for shorter ones', async () => {
    const asked = [60_000, 1];
    expect((await run([fails('a'), fails('b')], () => asked.shift())).waits).toEqual([60_000, 1000]);
  });

  test('an abort ends it without an error: in an attempt, and while it waits', async () => {
    expect((await run([])).result).toBeUndefined();
    const abort = new AbortController();
    const waiting = retry({ signal: abort.signal, attempt: fails('a'), failed: () => abort.abort() as undefined });
    expect(await waiting).toBeUndefined();
  });

  test('a permanent error is thrown', async () => {
    const permanent = async () => {
      throw new WindhoverError('gone', 'for good', { permanent: true });
    };
    await expect(run([fails('a'), permanent])).rejects.toMatchObject({ code: 'gone' });
  });
});

test('a node that connects: what fails is its fault until it is connected, and counted', async () => {
  let attempts = 0;
  const connects = defineNode({
    name: 'connects',
    doc: 'Connects at the second attempt.',
    params: Type.Object({}),
    inputs: {},
    outputs: {},
    pace: () => 'realtime',
    open: ({ retry }) => ({
      run: async (signal) => {
        await retry('the device', signal, async (connected) => {
          attempts += 1;
          if (attempts === 1) throw new WindhoverError('busy', 'in use');
          connected();
        });
      },
    }),
  });
  const run = await openNode(connects);
  run.start();
  await run.finished;
  expect(run.faults).toEqual([
    { node: 'node', fault: { code: 'busy', message: 'the device: in use' } },
    { node: 'node', fault: null },
  ]);
  expect(run.stats('node')).toEqual({ reconnects: 1 });
  expect(run.failures).toEqual([]);
});
