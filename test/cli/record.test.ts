/** `--jsonl`: every message of a file, in order, the same on every run. */
import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { MetadataTickSchema, TrackEventSchema } from '../../schemas/index.ts';
import { COMPACT_MODEL } from '../support/graphs.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';
import { record, ticksOf } from './recording.ts';

setDefaultTimeout(TEST_LIMIT_MS);

/** Blanks what may differ from run to run. */
function blanked(text: string): string {
  const times = /"(ts_unix_ms|ts_mono_ms|start_ts_unix_ms|end_ts_unix_ms|session_id)":("[^"]*"|\d+)/g;
  return text.replace(times, '"$1":0');
}

describe('a file, as fast as it goes', () => {
  const play = (...args: string[]) => record('--set', `detect.model=${COMPACT_MODEL}`, ...args);
  let first: Awaited<ReturnType<typeof record>>;
  beforeAll(async () => {
    first = await play();
  });

  test('has one tick for each decoded frame, in order', () => {
    const ticks = ticksOf(first.messages);
    expect(ticks.map(({ frame_index }) => frame_index)).toEqual(Array.from({ length: 300 }, (_, index) => index));
    expect(new Set(ticks.map(({ session_id }) => session_id)).size).toBe(1);
    expect(first.stdout).toContain(` session=${ticks[0]?.session_id} `);
    for (const { frame_size } of ticks) expect(frame_size).toEqual({ w: 640, h: 360 });
  });

  test('is what the schemas say, line by line', () => {
    for (const message of first.messages) {
      const schema = message.type === 'metadata_tick' ? MetadataTickSchema : TrackEventSchema;
      expect([...Value.Errors(schema, message)].map(({ path, message: says }) => `${path} ${says}`)).toEqual([]);
    }
  });

  test('follows media time: 40 ms from frame to frame at 25 fps, whatever the speed', () => {
    const times = ticksOf(first.messages).map(({ ts_mono_ms }) => ts_mono_ms ?? -1);
    expect(times).toEqual(times.map((_, index) => index * 40));
    const unix = ticksOf(first.messages).map(({ ts_unix_ms }) => ts_unix_ms);
    expect(Number(unix.at(-1)) - Number(unix[0])).toBe(299 * 40);
  });

  test('every new has exactly one end, and events stand before the tick of their frame', () => {
    const open = new Map<number, number>();
    let announced = 0;
    let confirmedAt = 0;
    first.messages.forEach((message, line) => {
      if (message.type === 'metadata_tick') {
        // A track that a tick shows for the first time as confirmed was announced on a line before.
        confirmedAt = message.ts_unix_ms;
        return;
      }
      const { event, after, ts_unix_ms } = message;
      expect(ts_unix_ms).toBeGreaterThanOrEqual(confirmedAt);
      expect(open.has(after.id)).toBe(event !== 'new');
      if (event === 'new') open.set(after.id, line);
      if (event === 'new') announced += 1;
      if (event === 'end') open.delete(after.id);
      expect(typeof after.end_ts_unix_ms === 'number').toBe(event === 'end');
    });
    expect(announced).toBeGreaterThan(1);
    expect([...open]).toEqual([]);
  });

  test('is the same on a second run, at another rate of publishing', async () => {
    const second = await play('--set', 'publish.hz=3');
    expect(blanked(second.text)).toBe(blanked(first.text));
    expect(second.text).not.toBe(first.text);
  });
});
