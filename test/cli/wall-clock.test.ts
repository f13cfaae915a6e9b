/** The wall clock is set while everything runs, and a process and its workers are started after that. */
import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MetadataTick, TrackEvent } from '../../schemas/index.ts';
import { ROOT, RunningCommand } from '../support/command.ts';
import { Folder, graphText } from '../support/graphs.ts';
import { PATIENCE_MS, TEST_LIMIT_MS } from '../support/patience.ts';

const HOUR_MS = 3_600_000;
const FPS = 20;

/** One object that stands still; replayed at its own speed. */
const DETECTIONS = [
  { width: 640, height: 360, fps: FPS },
  ...Array.from({ length: 3000 }, (_, frame) => {
    return { frame, detections: [{ x: 100, y: 100, w: 60, h: 60, confidence: 0.9, label: 'drone' }] };
  }),
];

test.concurrent.each([HOUR_MS, -HOUR_MS])(
  'set by %d ms: ticks follow within 2 s; order and durations are right, also after a restart',
  async (byMs) => {
    using folder = new Folder();
    folder.write('det.jsonl', DETECTIONS.map((line) => JSON.stringify(line)).join('\n'));
    const replay = '{ use: replay, worker: first, with: { path: det.jsonl, pace: realtime } }';
    const track = '{ use: track, worker: second, from: replay }';
    const graph = folder.write('graph.yaml', graphText({ replay, track, publish: '{ use: publish, from: track }' }));
    const wall = folder.write('wall', '0');
    const record = folder.file('record.jsonl');
    const env = { TEST_WALL_FILE: wall, BUN_OPTIONS: `--preload=${join(ROOT, 'test/support/set-wall.ts')}` };
    await using command = new RunningCommand(['graph', graph, '--port', '0', '--jsonl', record], { env });
    const { url } = await command.ready();
    const isSet = (ms: number) => Math.abs(ms - Date.now() - byMs) < HOUR_MS / 2;

    await command.untilView(url, 'ticks', ({ tracks, frames }) => tracks === 1 && frames.processed > FPS);
    folder.write('wall', String(byMs));
    const setMs = performance.now();
    const view = await command.untilView(url, 'a tick by the new clock', (now) => isSet(now.last_tick_ts_unix_ms ?? 0));
    expect(performance.now() - setMs).toBeLessThan(Math.max(2000, PATIENCE_MS / 10));
    expect(isSet(view.started_unix_ms)).toBe(true);

    const before = view.frames.processed;
    for (const pid of command.sessions) process.kill(pid, 'SIGKILL');
    const again = await command.untilView(url, 'frames of the next process', ({ restarts, frames }) => {
      return restarts === 1 && frames.processed > before + 2 * FPS;
    });
    // Of another process than the one that received it: their clocks agree.
    expect(Math.abs(again.latency_ms.end_to_end_p50 ?? HOUR_MS)).toBeLessThan(PATIENCE_MS);
    command.signal('SIGINT');
    await command.finished();

    const messages = readFileSync(record, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line): MetadataTick | TrackEvent => JSON.parse(line));
    const monoMs = messages.flatMap((each) => (each.type === 'metadata_tick' ? (each.ts_mono_ms ?? []) : []));
    expect(monoMs).toEqual(monoMs.toSorted((a, b) => a - b));
    expect((monoMs.at(-1) ?? 0) - (monoMs[0] ?? 0)).toBeLessThan(HOUR_MS / 2);
    const events = messages.filter((each) => each.type === 'track_event');
    expect(events.map(({ event, after }) => `${event} ${after.id}`)).toEqual(['new 1', 'end 1', 'new 2', 'end 2']);
    for (const { event, after, ts_unix_ms } of events.slice(1)) {
      expect(isSet(after.start_ts_unix_ms) && isSet(ts_unix_ms)).toBe(true);
      if (event === 'end') expect((after.end_ts_unix_ms ?? 0) - after.start_ts_unix_ms).toBeWithin(FPS, HOUR_MS / 2);
    }
  },
  TEST_LIMIT_MS,
);
