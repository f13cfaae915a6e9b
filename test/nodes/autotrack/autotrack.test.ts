import { describe, expect, test } from 'bun:test';
import type { PtzMessage } from '../../../runtime/data.ts';
import { type NodeRun, runNode } from '../../node-runner.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { trackOf, tracksOf } from '../recorded.ts';

const select = (target_id: number) => (run: NodeRun) => void run.request('set_target_id', { target_id });
const clear = (run: NodeRun) => void run.request('clear_target');
const seen = (index: number, ...ids: number[]) =>
  tracksOf(
    index,
    ids.map((id) => trackOf(id)),
  );

/** `index phase target` of each message. */
function told(run: NodeRun): string[] {
  return run
    .output<PtzMessage>('node.ptz')
    .map(({ frame, phase, selectedTargetId }) => `${frame.index} ${phase} ${selectedTargetId}`);
}

describe('asap: phases follow the media time', () => {
  const rows: { why: string; grace_s?: number; tracks: Parameters<typeof runNode>[1] & object; expected: string[] }[] =
    [
      {
        why: 'no target',
        tracks: { inputs: { tracks: [seen(0, 1), seen(1)] } },
        expected: ['0 idle null', '1 idle null'],
      },
      {
        why: 'selected, seen, gone for the grace time of 2 s (50 frames), found again',
        tracks: { inputs: { tracks: [seen(0, 1), select(1), seen(1, 1), seen(2), seen(50), seen(51), seen(52, 1)] } },
        expected: ['0 idle null', '1 tracking 1', '2 searching 1', '50 searching 1', '51 lost 1', '52 tracking 1'],
      },
      {
        why: 'a grace time of its own',
        grace_s: 0.08,
        tracks: { inputs: { tracks: [seen(0), select(1), seen(1, 1), seen(2), seen(3)] } },
        expected: ['0 idle null', '1 tracking 1', '2 searching 1', '3 lost 1'],
      },
      {
        why: 'cleared',
        tracks: { inputs: { tracks: [seen(0), select(1), seen(1, 1), clear, seen(2, 1)] } },
        expected: ['0 idle null', '1 tracking 1', '2 idle null'],
      },
      {
        why: 'a target that was never there is searched for, then lost',
        tracks: { inputs: { tracks: [seen(0), select(9), seen(1, 1), seen(50, 1)] } },
        expected: ['0 idle null', '1 searching 9', '50 lost 9'],
      },
    ];
  test.each(rows)('$why', async ({ grace_s, tracks, expected }) => {
    const run = await runNode('autotrack', { ...tracks, params: grace_s === undefined ? {} : { grace_s } });
    expect(told(run)).toEqual(expected);
  });
});

test('realtime: phases follow the clock, whatever the frames say', async () => {
  const clock = new ManualClock(5000);
  const pass = (ms: number) => () => clock.advance(ms);
  const tracks = [select(1), seen(0, 1), pass(1999), seen(1), pass(1), seen(2)];
  const run = await runNode('autotrack', { clock, pace: 'realtime', inputs: { tracks } });
  expect(told(run)).toEqual(['0 tracking 1', '1 searching 1', '2 lost 1']);
});

test('one message a frame, with the frame as it came, and no camera in it', async () => {
  const inputs = { tracks: [0, 1, 2, 3].map((index) => seen(index, 1)) };
  const run = await runNode('autotrack', { inputs });
  const messages = run.output<PtzMessage>('node.ptz');
  expect(messages.map(({ frame }) => frame)).toEqual(inputs.tracks.map(({ frame }) => frame));
  expect(messages.filter((message) => 'ptz' in message)).toEqual([]);
});

describe('the target survives a restart', () => {
  test('it is kept when it is selected and when it is cleared', async () => {
    const selected = await runNode('autotrack', { inputs: { tracks: [seen(0), select(4)] } });
    expect(selected.kept.node).toMatchObject({ targetId: 4, by: 'operator' });
    const cleared = await runNode('autotrack', { inputs: { tracks: [seen(0), clear] }, kept: selected.kept });
    expect(cleared.kept.node).toMatchObject({ targetId: null, by: null });
  });

  test('and selected again', async () => {
    const run = await runNode('autotrack', { inputs: { tracks: [seen(0, 4)] }, kept: { node: { targetId: 4 } } });
    expect(told(run)).toEqual(['0 tracking 4']);
  });

  test.each([{ kept: null }, { kept: 'x' }, { kept: { targetId: '4' } }, { kept: {} }])(
    'kept state of another make is none: $kept',
    async ({ kept }) => {
      const run = await runNode('autotrack', { inputs: { tracks: [seen(0, 4)] }, kept: { node: kept } });
      expect(told(run)).toEqual(['0 idle null']);
    },
  );
});
