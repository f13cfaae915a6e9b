/** A running session is given ten other graphs: real processes, workers and video. */
import { expect, test } from 'bun:test';
import { COMPACT_MODEL, testNode } from '../support/graphs.ts';
import { LONG_TEST_LIMIT_MS } from '../support/patience.ts';
import {
  detect,
  expectWhole,
  FAST_MODEL,
  framesOn,
  graph,
  type Nodes,
  printGap,
  REFUSES,
  running,
  ZONES,
} from './changing.ts';

test(
  'ten changes one after the other, at any moment of the work of the one before',
  async () => {
    const from = (track: string) => `{ use: publish, from: ${track} }`;
    const steps: Nodes[] = [
      { detect: detect(FAST_MODEL) },
      { zones: ZONES, publish: from('zones') },
      { decode: '{ use: decode, from: source, with: { threads: 2 } }', zones: ZONES, publish: from('zones') },
      { track: '{ use: track, from: detect, worker: a }', publish: '{ use: publish, from: track, worker: b }' },
      { autotrack: '{ use: autotrack, from: track }', publish: from('{ tracks: track, ptz: autotrack }') },
      { detect: detect(COMPACT_MODEL, ', confidence: 0.2') },
      // Another reader of the frames: the decoder gets another ring, and the first reader goes over to it.
      { more: detect(COMPACT_MODEL), sink: `{ use: ${testNode('sink')}, from: more }` },
      REFUSES,
      { decode: '{ use: decode, from: source, with: { fps: 12 } }', detect: detect(FAST_MODEL) },
      {},
    ];
    await using session = await running();
    const { pid } = session;
    for (const [i, step] of steps.entries()) {
      await session.change(graph(step)).catch((error: Error) => expect(error.message).toContain('does not open'));
      await framesOn(session, (i * 7) % 11);
    }
    expect(session.pid).toBe(pid);
    printGap('ten changes', session, 0);
    await expectWhole(session);
  },
  LONG_TEST_LIMIT_MS,
);
