/** A recording read, played and served: exact, in order, and bounded. */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import fc from 'fast-check';
import type { Message, Subscriber } from '../../runtime/hub/message.ts';
import { Playback } from '../../runtime/recording/playback.ts';
import { RecordedSessions } from '../../runtime/recording/recorded-sessions.ts';
import { Recording } from '../../runtime/recording/recording.ts';
import { AutotrackStateSchema, MetadataTickSchema, PtzStateSchema, TrackEventSchema } from '../../schemas/index.ts';
import { FakeLog } from '../server/fake-sessions.ts';

const SCHEMAS: Readonly<Record<string, TSchema>> = {
  metadata_tick: MetadataTickSchema,
  track_event: TrackEventSchema,
  ptz_state: PtzStateSchema,
  autotrack_state: AutotrackStateSchema,
};
const FIXTURE = join(import.meta.dir, '../../fixtures/session.jsonl');
const folder = mkdtempSync(join(tmpdir(), 'windhover-replay-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(text: string): string {
  const file = join(folder, `${crypto.randomUUID()}.jsonl`);
  writeFileSync(file, text);
  return file;
}

class Heard implements Subscriber {
  readonly isRecord = false;
  readonly maxQueuedChars = Number.POSITIVE_INFINITY;
  readonly texts: string[] = [];

  deliver(batch: readonly Message[]) {
    this.texts.push(...batch.map(({ json }) => json));
    return 'ok' as const;
  }
}

function replayOf(file: string, { speed = 1, loop = false } = {}) {
  const recording = new Recording(file);
  const playback = new Playback({ durationMs: recording.durationMs, speed, loop });
  const sessions = new RecordedSessions({ recording, playback, file, log: new FakeLog() });
  const heard = new Heard();
  sessions.hub.subscribe(heard);
  return { recording, playback, sessions, heard };
}

const lines = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n');

describe('the recorded session of the fixtures', () => {
  const messages = lines(FIXTURE).map((line) => JSON.parse(line));

  test('each message is valid', () => {
    for (const message of messages) {
      const schema = SCHEMAS[message.type];
      expect(schema && Value.Check(schema, message) ? 'valid' : message).toBe('valid');
    }
  });

  test('each track has one new, one end, and nothing after it', () => {
    const lives = new Map<number, string>();
    for (const { type, event, after } of messages) {
      if (type === 'track_event') lives.set(after.id, `${lives.get(after.id) ?? ''} ${event}`);
    }
    expect(lives.size).toBeGreaterThan(60);
    for (const life of lives.values()) expect(life).toMatch(/^ new( update)* end$/);
  });
});

test('what comes is the file, byte for byte, whatever the steps and the speed', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 40 }),
      fc.constantFrom(0.5, 1, 3, 50),
      (stepsMs, speed) => {
        const { recording, sessions, heard } = replayOf(FIXTURE, { speed });
        using _ = recording;
        let nowMs = 5000;
        sessions.step(nowMs);
        for (const stepMs of stepsMs) {
          nowMs += stepMs;
          sessions.step(nowMs);
          const due = lines(FIXTURE).slice(0, recording.countUntil((nowMs - 5000) * speed));
          expect(heard.texts).toEqual(due);
        }
        sessions.step(nowMs + 1e6);
        expect(heard.texts).toEqual(lines(FIXTURE));
      },
    ),
    { numRuns: 12 },
  );
});

test('after going elsewhere a client has the states of that place, and what follows', () => {
  const { recording, sessions, heard } = replayOf(FIXTURE);
  using _ = recording;
  sessions.step(0);
  sessions.seek(9500);
  const states = heard.texts.splice(0).map((text) => JSON.parse(text));
  expect(
    states
      .slice(-3)
      .map(({ type }) => type)
      .sort(),
  ).toEqual(['autotrack_state', 'metadata_tick', 'ptz_state']);
  expect(states.findLast(({ type }) => type === 'ptz_state').link.state).toBe('lost');
  sessions.step(100);
  const all = lines(FIXTURE);
  expect(heard.texts).toEqual(all.slice(recording.countUntil(9500), recording.countUntil(9600)));
});

test('a loop begins again, once a round, and a halted replay says nothing', () => {
  const { recording, playback, sessions, heard } = replayOf(FIXTURE, { loop: true });
  using _ = recording;
  sessions.step(0);
  for (let nowMs = 0; nowMs <= 2.5 * recording.durationMs; nowMs += 50) sessions.step(nowMs);
  const all = lines(FIXTURE);
  expect(heard.texts.slice(0, 2 * all.length)).toEqual([...all, ...all]);
  expect(playback.isOver).toBe(false);
  playback.isPlaying = false;
  const before = heard.texts.length;
  sessions.step(1e9);
  expect(heard.texts.length).toBe(before);
});

describe('a file that is no recording is refused, with the place', () => {
  const good = lines(FIXTURE)[0];
  test.each([
    ['empty', '', 'holds no message'],
    ['text', 'hello\nyou\n', ':1: not a message of a recording: not JSON'],
    ['other JSON', `${good}\n{"a":1}\n`, ':2: not a message of a recording: type'],
    ['a wrong time', `${good}\n{"type":"a","session_id":"s","camera_id":"c","ts_unix_ms":"x"}\n`, ':2: not a message'],
    ['an array', `${good}\n[]\n`, ':2: not a message'],
  ])('%s', (_, text, message) => {
    expect(() => new Recording(fileOf(text))).toThrow(message);
  });

  test('a file that is not there, and a folder', () => {
    expect(() => new Recording(join(folder, 'none.jsonl'))).toThrow('cannot be read');
    expect(() => new Recording(folder)).toThrow('cannot be read');
  });

  test('a last line that is not whole is left out', () => {
    using recording = new Recording(fileOf(`${good}\n${good?.slice(0, 40)}`));
    expect([recording.entries.length, recording.isCutShort]).toEqual([1, true]);
  });
});

test("a node's own messages come under a topic of their own", () => {
  const own = '{"type":"wind_state","session_id":"s","camera_id":"c","ts_unix_ms":5,"knots":3}';
  const { recording, sessions, heard } = replayOf(fileOf(`${own}\n`));
  using _ = recording;
  expect(Object.keys(sessions.topics('s'))).toContain('wind');
  sessions.step(0);
  expect(heard.texts).toEqual([own]);
  expect(sessions.hub.retained('s', 'wind')?.json).toBe(own);
});
