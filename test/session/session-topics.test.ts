/** From what nodes publish to what clients are shown: redacted, compared with the last, and put right after a death. */
import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import autotrackExample from '../../fixtures/contract/autotrack_state.example.json';
import tickExample from '../../fixtures/contract/metadata_tick.example.json';
import ptzExample from '../../fixtures/contract/ptz_state.example.json';
import endExample from '../../fixtures/contract/track_event.end.example.json';
import newExample from '../../fixtures/contract/track_event.new.example.json';
import { WallTime } from '../../runtime/clock.ts';
import { Hub } from '../../runtime/hub/hub.ts';
import type { Message } from '../../runtime/hub/message.ts';
import { createLog } from '../../runtime/log.ts';
import { SessionTopics } from '../../runtime/session/session-topics.ts';
import { MetadataTickSchema } from '../../schemas/index.ts';
import { topics } from '../../schemas/topics.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { collector } from '../support/sessions.ts';

const NOW_MS = 2_000_000_000_000;

/** A topic of a user's node. */
const alarms = {
  doc: 'Alarms',
  schema: topics.tick.schema,
  keep: 'latest',
  gone: { patch: { open: [] }, told: true },
} as const;

function rig() {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ write: (line) => lines.push(JSON.parse(line)), pretty: false });
  const hub = new Hub(log);
  const recorded: Message[] = [];
  const told: Message[] = [];
  hub.subscribe(collector((message) => void recorded.push(message), true));
  hub.subscribe(collector((message) => void told.push(message)));
  const session = new SessionTopics({
    cameraId: 'cam',
    sessionId: 's',
    hub,
    log,
    wall: new WallTime(new ManualClock()),
    topics: () => ({ ...topics, alarms }),
  });
  const publish = (topic: string, value: object, live = true) => {
    session.publish({ topic, json: JSON.stringify(value), live });
    hub.flush();
  };
  const die = () => {
    session.processGone(NOW_MS);
    hub.flush();
  };
  const parsed = (message: Message | undefined) => (message ? JSON.parse(message.json) : undefined);
  const latest = (topic: string) => parsed(hub.retained('s', topic));
  return { parsed, lines, log, hub, recorded, told, session, publish, die, latest };
}

test('the latest of each topic is kept, as it was published; what is for the record alone is not', () => {
  const { publish, latest, hub, session } = rig();
  expect(latest('ptz')).toBeUndefined();
  publish('ptz', { n: 1 });
  publish('autotrack', { n: 2 });
  publish('ptz', { n: 3 });
  publish('tick', tickExample, false);
  expect([latest('ptz'), latest('autotrack'), latest('tick')]).toEqual([{ n: 3 }, { n: 2 }, undefined]);
  expect(hub.retained('s', 'ptz')?.json).toBe('{"n":3}');
  publish('tick', tickExample);
  expect(session.latest('tick')?.frame_index).toBe(tickExample.frame_index);
});

test('that time has passed is no news', () => {
  const { parsed, publish, recorded, told, latest } = rig();
  const at = (ts_unix_ms: number, round_trip_ms: number, zoom: number) => ({ ts_unix_ms, zoom, round_trip_ms });
  for (const state of [at(1, 10, 0), at(2, 11, 0), at(3, 11, 0.5), at(4, 11, 0.5)]) publish('ptz', state);
  expect(recorded.map(parsed)).toEqual([at(1, 10, 0), at(3, 11, 0.5)]);
  expect(told).toHaveLength(4);
  expect(latest('ptz')).toEqual(at(4, 11, 0.5));
});

test("words of others are redacted, the contract's own are left alone", () => {
  const { publish, log, latest, recorded } = rig();
  log.hide('sesame');
  publish('autotrack', {
    state: 'sesame',
    link: { state: 'sesame', reason: 'sesame: rtsp://a:sesame@b' },
    reason: { code: 'sesame', message: 'sesame' },
    rejected: [{ rung: 'sesame', reason: 'sesame' }],
    notes: ['sesame', 'found'],
    n: [1, null],
  });
  expect(latest('autotrack')).toEqual({
    state: 'sesame',
    link: { state: 'sesame', reason: '***: rtsp://a:***@b' },
    reason: { code: 'sesame', message: '***' },
    rejected: [{ rung: 'sesame', reason: '***' }],
    notes: ['***', 'found'],
    n: [1, null],
  });
  expect(JSON.parse(recorded[0]?.json ?? '')).toEqual(latest('autotrack'));
});

test.each([
  { why: 'a topic that no node declares', topic: 'nope', value: {} },
  { why: 'an event that is none', topic: 'tracks', value: { event: 'new' } },
])('$why: dropped and logged', ({ topic, value }) => {
  const { publish, recorded, told, lines } = rig();
  publish(topic, value);
  expect([recorded, told]).toEqual([[], []]);
  expect(lines).toMatchObject([{ code: 'bad_client_message', topic }]);
});

describe('when the process is gone', () => {
  test('open tracks get their end, once', () => {
    const { parsed, publish, die, told } = rig();
    publish('tick', { ...tickExample, ts_unix_ms: newExample.after.start_ts_unix_ms + 500 });
    publish('tracks', newExample);
    publish('tracks', { ...newExample, after: { ...newExample.after, id: 77 } });
    publish('tracks', { ...endExample, after: { ...endExample.after, id: 77 } });
    const before = told.length;
    die();
    die();
    const ends = told.slice(before).map(parsed);
    expect(ends).toEqual([
      {
        ...newExample,
        event: 'end',
        ts_unix_ms: NOW_MS,
        before: newExample.after,
        after: { ...newExample.after, end_ts_unix_ms: newExample.after.start_ts_unix_ms + 500 },
      },
    ]);
    expect(Value.Check(topics.tracks.schema, ends[0])).toBe(true);
  });

  test('who comes later sees an empty picture; nobody else is told', () => {
    const { publish, die, told, latest } = rig();
    publish('tick', tickExample);
    die();
    expect(told).toHaveLength(1);
    expect(latest('tick')).toEqual({ ...tickExample, tracks: [] });
    expect(Value.Check(MetadataTickSchema, latest('tick'))).toBe(true);
  });

  test.each([
    { topic: 'ptz', last: ptzExample, now: { link: { state: 'closed' }, moving: null, pan_deg: null } },
    {
      topic: 'autotrack',
      last: autotrackExample,
      now: { state: 'off', active: false, reason: { code: 'process_gone' } },
    },
    { topic: 'alarms', last: { open: [1] }, now: { open: [] } },
  ])('$topic: clients are told', ({ topic, last, now }) => {
    const { parsed, publish, die, told, latest } = rig();
    publish(topic, last);
    die();
    expect(latest(topic)).toMatchObject({ ...now, ts_unix_ms: NOW_MS });
    expect(parsed(told.at(-1))).toEqual(latest(topic));
    if (topic === 'ptz') expect(Value.Check(topics.ptz.schema, latest(topic))).toBe(true);
    if (topic === 'autotrack') expect(Value.Check(topics.autotrack.schema, latest(topic))).toBe(true);
  });

  test.each([
    { topic: 'ptz', last: { ...ptzExample, link: { state: 'closed', reason: null } } },
    { topic: 'autotrack', last: { ...autotrackExample, state: 'off', active: false } },
  ])('$topic that says so already has the last word', ({ topic, last }) => {
    const { publish, die, told, latest } = rig();
    publish(topic, last);
    die();
    expect(told).toHaveLength(1);
    expect(latest(topic)).toEqual(last);
  });
});
