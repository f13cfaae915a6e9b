/** A node that is replaced in the middle of its work: what comes out is what one node would have put out. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Detection } from '../../runtime/data.ts';
import { type NodeRun, type Recorded, runNode } from '../node-runner.ts';
import { detectionsOf, ptzOf, trackOf, tracksOf } from './recorded.ts';

type Inputs = Readonly<Record<string, readonly object[]>>;

/** The same at every run: noise from the number of the frame and of the object. */
const noise = (frame: number, object: number) => ((frame * 7919 + object * 104729) % 97) / 97;

/** Objects that move, are missed now and then, come and go, and cross. */
function objects(frame: number, withClasses: boolean): Detection[] {
  return [0, 1, 2, 3, 4].flatMap((object): Detection[] => {
    const isThere = frame >= object * 3 && frame < 40 - object * 2;
    if (!isThere || noise(frame, object) < 0.15) return [];
    const drone = 0.5 + noise(frame, object + 50) / 2;
    const x = 40 + object * 90 + frame * (object - 2) * 6 + noise(frame, object + 9) * 3;
    return [
      {
        bboxPx: { x, y: 50 + object * 20 + noise(frame, object + 17) * 2, w: 30 + object, h: 24 },
        confidence: 0.3 + 0.65 * noise(frame, object + 31),
        label: object % 2 === 0 ? 'drone' : 'bird',
        ...(withClasses ? { classProbabilities: [drone, 1 - drone] } : {}),
      },
    ];
  });
}

const FRAMES = Array.from({ length: 45 }, (_, index) => index);
const seen = (frame: number) =>
  objects(frame, false).map(({ bboxPx, confidence, label }, i) => trackOf(i + 1, confidence, { bboxPx, label }));

const cases: { node: string; what: string; params?: Record<string, unknown>; inputs: Inputs }[] = [
  {
    node: 'track',
    what: 'tracks with voted labels',
    inputs: { detections: FRAMES.map((index) => detectionsOf(index, objects(index, false))) },
  },
  {
    node: 'track',
    what: 'tracks with class probabilities',
    inputs: {
      detections: FRAMES.map((index) => ({
        ...detectionsOf(index, objects(index, true)),
        classes: { names: ['drone', 'bird'], unknown: 'flying' },
      })),
    },
  },
  {
    node: 'zones',
    what: 'times in zones',
    params: { zones: { left: { points: [[0, 0], [0.4, 0], [0.4, 1], [0, 1]], loiter_s: 0.3 } } }, // biome-ignore format: a square
    inputs: { tracks: FRAMES.map((index) => tracksOf(index, seen(index))) },
  },
  {
    node: 'publish',
    what: 'open tracks and the target',
    params: { end_after_ms: 200 },
    inputs: {
      tracks: FRAMES.map((index) => tracksOf(index, seen(index))),
      ptz: FRAMES.map((index) => ptzOf(index, index < 10 ? null : 2, index < 10 ? 'idle' : 'tracking')),
    },
  },
];

describe('replaced at any frame', () => {
  test.each(cases)('$node: $what', async ({ node, params = {}, inputs }) => {
    const whole = await runNode(node, { params, inputs });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: FRAMES.length }), async (cut) => {
        const handed: { state?: unknown } = {};
        const leave = async (run: NodeRun) => {
          handed.state = structuredClone(await run.nodes.get('node')?.leave(true));
          await run.nodes.get('node')?.close();
        };
        const part = (from: number, to: number, last: readonly Recorded[]) => {
          const entries = Object.entries(inputs).map(([name, values], i) => [
            name,
            [...values.slice(from, to), ...(i === Object.keys(inputs).length - 1 ? last : [])],
          ]);
          return Object.fromEntries(entries);
        };
        const first = await runNode(node, { params, inputs: part(0, cut, [leave]) });
        const kept = { node: handed.state };
        const second = await runNode(node, { params, inputs: part(cut, FRAMES.length, []), kept });
        expect([...first.messages, ...second.messages]).toEqual(whole.messages);
        const outputs = (run: NodeRun) => run.outputs[`node.tracks`] ?? [];
        expect([...outputs(first), ...outputs(second)]).toEqual(outputs(whole));
      }),
      { numRuns: 25 },
    );
    expect(whole.messages.length + (whole.outputs['node.tracks']?.length ?? 0)).toBeGreaterThanOrEqual(FRAMES.length);
  });
});
