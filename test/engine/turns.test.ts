/** A node that produces without ever waiting leaves the event loop to others, too. */
import { expect, test } from 'bun:test';
import { defineNode, sleep, Type } from '../../runtime/node.ts';
import { openNode } from '../node-runner.ts';
import { detectionsOf } from '../nodes/recorded.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';

/** What would starve everything goes on for so long at most: then the test fails instead of hanging. */
const PATIENCE_MS = 20_000;

/** @param step what the loop awaits, again and again, until it is stopped */
function loop(step: (emit: (index: number) => unknown, signal: AbortSignal) => unknown) {
  return defineNode({
    name: 'loop',
    doc: 'Never waits.',
    params: Type.Object({}),
    inputs: {},
    outputs: { detections: { kind: 'detections' } },
    pace: () => 'realtime',
    open: ({ emit, count }) => ({
      async run(signal) {
        const endMs = performance.now() + PATIENCE_MS;
        while (!signal.aborted && performance.now() < endMs) {
          await step((at) => emit.detections(detectionsOf(at, [])), signal);
        }
        count(signal.aborted ? 'stopped' : 'starved');
      },
    }),
  });
}

test.each([
  { of: 'emit', step: (emit: (index: number) => unknown) => emit(0) },
  { of: 'a sleep of no time', step: (_emit: unknown, signal: AbortSignal) => sleep(0, signal) },
  { of: 'a sleep of less than no time', step: (_emit: unknown, signal: AbortSignal) => sleep(-5, signal) },
])(
  'a loop that awaits only $of hears that it is to stop',
  async ({ step }) => {
    const run = await openNode(loop(step));
    run.start();
    setTimeout(() => run.stop(), 1);
    await run.finished;
    expect(run.stats('node')).toEqual({ stopped: 1 });
    expect(run.failures).toEqual([]);
  },
  TEST_LIMIT_MS,
);
