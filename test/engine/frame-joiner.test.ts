/** Values of several inputs, brought together by their frame. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { FrameJoiner, type Joined } from '../../runtime/engine/frame-joiner.ts';
import { defineNode, type Pace, Type } from '../../runtime/node.ts';
import { runNode } from '../node-runner.ts';
import { ptzOf, trackOf, tracksOf } from '../nodes/recorded.ts';

const about = (index: number) => ({ frame: { index } });
const joiner = () =>
  new FrameJoiner([
    { name: 'main', optional: false },
    { name: 'side', optional: true },
  ]);
/** `3 main side`: the frame's index and the inputs that have a value. */
const shown = (frames: readonly Joined[]) =>
  frames.map((frame) => {
    const [first] = Object.values(frame) as { frame: { index: number } }[];
    return [first?.frame.index, ...Object.keys(frame).sort()].join(' ');
  });

describe('the joiner', () => {
  test('waits for the other input, whichever comes first, and keeps the order', () => {
    const join = joiner();
    expect(join.put('main', about(0))).toEqual([]);
    expect(join.put('main', about(1))).toEqual([]);
    expect(shown(join.put('side', about(0)))).toEqual(['0 main side']);
    expect(shown(join.put('side', about(1)))).toEqual(['1 main side']);
    expect(join.put('side', about(2))).toEqual([]);
    expect(shown(join.put('main', about(2)))).toEqual(['2 main side']);
  });

  test('a frame goes without its optional value once a later one is there', () => {
    const join = joiner();
    for (const index of [0, 1, 2]) join.put('main', about(index));
    expect(shown(join.put('side', about(2)))).toEqual(['0 main', '1 main', '2 main side']);
    expect(join.lost).toBe(0);
  });

  test('a frame without a needed value is lost, and counted', () => {
    const join = joiner();
    for (const index of [0, 1]) join.put('side', about(index));
    expect(join.put('main', about(1)).length).toBe(1);
    expect(join.lost).toBe(1);
  });

  test('holds a bounded number of frames for an input that sends nothing', () => {
    const join = joiner();
    const out = Array.from({ length: 100 }, (_, index) => join.put('main', about(index))).flat();
    expect(out).toHaveLength(100 - 64);
    // What comes too late is not handed over a second time.
    expect(shown(join.put('side', about(5)))).toEqual([]);
    expect(join.lost).toBe(1);
  });

  test('an input that has ended is not waited for', () => {
    const join = joiner();
    join.put('main', about(0));
    expect(shown(join.end('side'))).toEqual(['0 main']);
    expect(shown(join.put('main', about(1)))).toEqual(['1 main']);
    join.put('side', about(9));
    expect(shown(join.end('main'))).toEqual([]);
  });

  test('a value that says nothing of its frame is refused', () => {
    expect(() => joiner().put('main', { index: 1 })).toThrow(/input main can't be joined/);
  });

  test('whatever is left out and however it is mixed: every main value once, in order, with its own partner', () => {
    const sides = fc.uniqueArray(fc.nat(40), { maxLength: 40 });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(40), { minLength: 1 }),
        sides,
        fc.infiniteStream(fc.boolean()),
        (a, b, turn) => {
          const queues = { main: [...a].sort((x, y) => x - y), side: [...b].sort((x, y) => x - y) };
          const join = joiner();
          const out = b.length === 0 ? join.end('side') : [];
          while (queues.main.length + queues.side.length > 0) {
            const input = (turn.next().value && queues.main.length > 0) || queues.side.length === 0 ? 'main' : 'side';
            const index = queues[input].shift();
            if (index !== undefined) out.push(...join.put(input, about(index)));
            if (queues[input].length === 0) out.push(...join.end(input));
          }
          const wanted = [...a].sort((x, y) => x - y).map((i) => (b.includes(i) ? `${i} main side` : `${i} main`));
          expect(shown(out)).toEqual(wanted);
        },
      ),
    );
  });
});

describe('a node that joins', () => {
  const joins = (seen: string[]) =>
    defineNode({
      name: 'joins',
      doc: 'Writes down what it is given.',
      params: Type.Object({}),
      inputs: { tracks: { kind: 'tracks' }, ptz: { kind: 'ptz', optional: true } },
      outputs: {},
      join: 'frame',
      open: () => ({
        async joined({ tracks, ptz }) {
          await Promise.resolve();
          seen.push(`${tracks.frame.index} ${ptz?.frame.index}`);
        },
        end: () => void seen.push('end'),
      }),
    });
  const tracks = [0, 1, 2, 3].map((index) => tracksOf(index, [trackOf(1)]));

  test.each<Pace>(['asap', 'realtime'])('%s: one call a frame, in order, before the end', async (pace) => {
    const seen: string[] = [];
    const run = await runNode(joins(seen), {
      pace,
      inputs: { tracks, ptz: [1, 3, 4].map((index) => ptzOf(index, null, 'idle')) },
    });
    expect(seen).toEqual(['0 undefined', '1 1', '2 undefined', '3 3', 'end']);
    expect(run.stats('node').unjoined).toBe(1);
    expect(run.failures).toEqual([]);
  });

  test('an optional input that is not connected is not waited for', async () => {
    const seen: string[] = [];
    await runNode(joins(seen), { inputs: { tracks } });
    expect(seen).toEqual(['0 undefined', '1 undefined', '2 undefined', '3 undefined', 'end']);
  });

  test('an error in the handler is the node that joins failing, not its producer', async () => {
    const throws = defineNode({
      name: 'throws',
      doc: 'Throws.',
      params: Type.Object({}),
      inputs: { tracks: { kind: 'tracks' } },
      outputs: {},
      join: 'frame',
      open: () => ({
        joined() {
          throw new Error('not this one');
        },
      }),
    });
    const run = await runNode(throws, { inputs: { tracks } });
    expect(run.failures.map(({ node, error }) => `${node} ${error}`)).toEqual(['node Error: not this one']);
  });
});
