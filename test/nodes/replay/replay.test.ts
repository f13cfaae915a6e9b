import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import replay from '../../../nodes/replay/index.ts';
import { SystemClock } from '../../../runtime/clock.ts';
import { toRecord } from '../../../runtime/errors.ts';
import type { DetectionsMessage } from '../../../runtime/node.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { type FakeOptions, type FakeRun, openNode } from '../track/fake-context.ts';

const folder = mkdtempSync(join(tmpdir(), 'replay-'));
afterAll(() => rmSync(folder, { recursive: true }));

const MOT = { format: 'mot', width: 640, height: 480, fps: 25 };
const LINES = '1,-1,10,20,30,40,0.9\n4,-1,11,20,30,40,0.8\n';

async function play(
  text: string,
  params: Record<string, unknown>,
  options: FakeOptions & { signal?: AbortSignal } = {},
): Promise<FakeRun> {
  const path = join(folder, 'played');
  await Bun.write(path, text);
  const run = await openNode(replay, { ...options, params: { path, ...params } });
  await run.handlers.run?.(options.signal ?? new AbortController().signal);
  return run;
}

function messages(run: FakeRun): DetectionsMessage[] {
  return run.sent.detections as DetectionsMessage[];
}

describe('replay node', () => {
  test('plays every frame, also those without detections', async () => {
    const run = await play(LINES, MOT);
    expect(messages(run).map((m) => [m.frame.index, m.detections.length])).toEqual([
      [0, 1],
      [1, 0],
      [2, 0],
      [3, 1],
    ]);
    expect(run.counts).toEqual({ decoded: 4 });
    expect(run.gauges).toEqual({ progress: 1 });
  });

  test('asap: capture time is media time', async () => {
    const clock = new ManualClock(5000, 1_000_000);
    const run = await play(LINES, { ...MOT, fps: 30 }, { clock });
    expect(messages(run).map((m) => m.frame)).toMatchObject(
      [
        [0, 0, 0],
        [1, 33.333, 33],
        [2, 66.667, 67],
        [3, 100, 100],
      ].map(([index = 0, monoMs = 0, unixMs = 0]) => ({
        index,
        mediaTimeS: index / 30,
        captureMonoMs: monoMs,
        captureUnixMs: 1_000_000 + unixMs,
        decodedMonoMs: 5000,
        size: { w: 640, h: 480 },
      })),
    );
  });

  test('realtime: each frame when it is due, on the clock', async () => {
    const clock = new SystemClock();
    const startMs = clock.monoMs();
    const run = await play(LINES, { ...MOT, fps: 100, pace: 'realtime' }, { clock });
    const times = messages(run).map((m) => m.frame.captureMonoMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    // 1 ms for timers that round down.
    for (const [k, time] of times.entries()) expect(time - startMs).toBeGreaterThanOrEqual(10 * k - 1);
  });

  test('the contract has the pace of the option', () => {
    expect(replay.pace?.({ pace: 'asap' })).toBe('asap');
    expect(replay.pace?.({ pace: 'realtime' })).toBe('realtime');
  });

  test('waits for a slow consumer', async () => {
    let busy = 0;
    let most = 0;
    await play(LINES, MOT, {
      onSend: async () => {
        most = Math.max(most, ++busy);
        await Bun.sleep(1);
        busy--;
      },
    });
    expect(most).toBe(1);
  });

  test('stops when aborted between frames', async () => {
    const stop = new AbortController();
    const run = await play(LINES, MOT, { signal: stop.signal, onSend: () => stop.abort() });
    expect(messages(run).length).toBe(1);
  });

  test('stops when aborted while it waits for a frame to be due', async () => {
    const stop = new AbortController();
    const slow = { ...MOT, fps: 0.001, pace: 'realtime' };
    const run = await play(LINES, slow, { signal: stop.signal, onSend: () => void setTimeout(() => stop.abort(), 5) });
    expect(messages(run).length).toBe(1);
  });

  test('a missing file is a permanent error with a code', async () => {
    const path = join(folder, 'none.jsonl');
    const run = await openNode(replay, { params: { path } });
    const error = await run.handlers.run?.(new AbortController().signal).then(undefined, toRecord);
    expect(error).toMatchObject({ code: 'replay_file_missing', at: path, permanent: true });
    expect(error?.message).toContain('none.jsonl does not exist');
  });

  test('a folder is no file', async () => {
    const run = await openNode(replay, { params: { path: folder } });
    const error = await run.handlers.run?.(new AbortController().signal).then(undefined, toRecord);
    expect(error).toMatchObject({ code: 'replay_file_unreadable', permanent: true });
  });

  test('format mot without the size of the source is refused before anything starts', () => {
    const validate = (params: Record<string, unknown>) => () => replay.validate?.(params, { modelFolders: [] });
    expect(validate({ path: 'det.txt', ...MOT })).not.toThrow();
    expect(validate({ path: 'det.txt', format: 'jsonl' })).not.toThrow();
    expect(validate({ path: 'det.txt', format: 'mot', height: 480 })).toThrow('no width, no fps');
  });

  test('the README names every option', async () => {
    const readme = await Bun.file(join(import.meta.dir, '../../../nodes/replay/README.md')).text();
    for (const name of Object.keys(replay.params.properties)) expect(readme).toContain(`\`${name}\``);
  });
});
