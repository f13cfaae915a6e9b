/** `/ws` through real sockets: subscriptions, what is retained, rates, changes, commands, coming back. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { readPattern, topicNames } from '../../runtime/server/topic-names.ts';
import { MAX_PATTERNS } from '../../schemas/topic-messages.ts';
import { PROPERTY_LIMIT_MS, until } from '../support/patience.ts';
import { startRig } from './clients.ts';
import { event, state, tick } from './numbered.ts';
import { TopicClient } from './topic-clients.ts';

const other = 's-cam_02';

function twoCameras(): ReturnType<typeof startRig> {
  const rig = startRig();
  rig.sessions.create('cam_02');
  return rig;
}

describe('subscriptions', () => {
  test.each([
    [['sessions/+/tick'], ['sessions/s-cam_01/tick 4', 'sessions/s-cam_02/tick 6']],
    [['cameras/cam_02/#'], ['cameras/cam_02/tick 6', 'cameras/cam_02/tracks 7']],
    [
      ['sessions/s-cam_01/ptz/state', 'cameras/cam_01/#'],
      ['sessions/s-cam_01/ptz/state 5', 'cameras/cam_01/tick 4'],
    ],
    [['sessions/+/ptz/+', 'stats'], ['sessions/s-cam_01/ptz/state 5']],
    [
      ['#'],
      [
        'sessions/s-cam_01/tick 4',
        'sessions/s-cam_01/ptz/state 5',
        'sessions/s-cam_02/tick 6',
        'sessions/s-cam_02/tracks 7',
      ],
    ],
    [['sessions/+', 'sessions/+/ptz', 'cameras/+/tick/+'], []],
  ])('%j', async (topics, wanted) => {
    await using rig = twoCameras();
    rig.sessions.emit(rig.id, 'tick', tick(4));
    const client = await TopicClient.open(rig);
    await client.subscribe(topics);
    rig.sessions.emit(rig.id, 'ptz', state(5));
    rig.sessions.emit(other, 'tick', tick(6));
    rig.sessions.emit(other, 'tracks', event(7));
    const made: Record<number, string> = { 4: tick(4), 5: state(5), 6: tick(6), 7: event(7) };
    const lines = wanted.map((line) => line.replace(/\d+$/, (n) => made[Number(n)] ?? ''));
    await until('all', () => client.taken.length >= lines.length);
    expect(await client.ask({ type: 'unsubscribe', topics })).toEqual({ type: 'unsubscribed', topics });
    rig.sessions.emit(rig.id, 'tick', tick(8));
    await client.subscribe(['stats']);
    expect(client.lines().toSorted()).toEqual(lines.toSorted());
    expect(client.closed).toBeUndefined();
  });

  test('retained values come first, each message once, with rising numbers, in its envelope byte for byte', async () => {
    await using rig = twoCameras();
    rig.sessions.emit(rig.id, 'tick', tick(1));
    rig.sessions.emit(rig.id, 'tracks', event(2));
    const client = await TopicClient.open(rig);
    await client.subscribe(['sessions/+/tick', 'cameras/+/tick', 'sessions/#']);
    rig.sessions.emit(rig.id, 'tracks', event(3));
    rig.sessions.emit(rig.id, 'tick', tick(4));
    await until('three', () => client.taken.length === 3);
    expect(client.taken.map(({ json }) => json)).toEqual([tick(1), event(3), tick(4)]);
    expect(client.taken.map(({ seq }) => seq)).toEqual([1, 3, 4]);
  });

  test('a session that is over closes nothing; the next one of its camera comes under the same name', async () => {
    await using rig = startRig();
    const client = await TopicClient.open(rig);
    await client.subscribe(['cameras/cam_01/tick']);
    for (const n of [1, 2]) {
      rig.sessions.create();
      rig.sessions.emit(rig.id, 'tick', tick(n));
      await until('a tick', () => client.taken.length === n);
      await rig.sessions.remove(rig.id);
    }
    expect(client.closed).toBeUndefined();
  });

  test.each([
    [{ type: 'subscribe' }, 'bad_subscription'],
    [{ type: 'subscribe', topics: [] }, 'bad_subscription'],
    [{ type: 'subscribe', topics: [7] }, 'bad_subscription'],
    [{ type: 'subscribe', topics: ['stats'], hz: 0 }, 'bad_subscription'],
    [{ type: 'subscribe', topics: ['stats'], more: 1 }, 'bad_subscription'],
    [{ type: 'subscribe', topics: ['stats'], since: { epoch: 'x', seq: -1 } }, 'bad_subscription'],
    [{ type: 'unsubscribe', topics: 'stats' }, 'bad_subscription'],
    [{ type: 'subscribe', topics: ['a'.repeat(257)] }, 'bad_subscription'],
    [{ type: 'subscribe', topics: ['stats', 'other/+'] }, 'bad_topic'],
    [{ type: 'subscribe', topics: ['sessions/#/tick'] }, 'bad_topic'],
    [{ type: 'subscribe', topics: ['sessions/a+/tick'] }, 'bad_topic'],
    [{ type: 'subscribe', topics: ['sessions//tick'] }, 'bad_topic'],
    [
      { type: 'subscribe', topics: Array.from({ length: MAX_PATTERNS }, (_, n) => `cameras/${n}/#`) },
      'too_many_topics',
    ],
    [{ type: 'subscribed' }, 'unknown_command'],
    [[], 'unknown_command'],
    ['{', 'invalid_json'],
  ])('%j is refused, and nothing changes', async (message, code) => {
    await using rig = startRig();
    const client = await TopicClient.open(rig);
    await client.subscribe(['cameras/cam_01/tick']);
    expect(await client.ask(message)).toMatchObject({ type: 'error', error: code });
    rig.sessions.emit(rig.id, 'tick', tick(1));
    rig.sessions.emit(rig.id, 'ptz', state(2));
    await until('a tick', () => client.taken.length === 1);
  });
});

describe('names', () => {
  test('ids with characters of patterns are still one level, and no two are the same', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (sessionId, cameraId) => {
        const names = topicNames({ sessionId, cameraId, topic: 'ptz' });
        expect(names.map((name) => name.split('/').length)).toEqual([4, 4]);
        for (const name of names) expect(readPattern(name)?.(name)).toBe(name.length <= 256 ? true : undefined);
        expect(topicNames({ sessionId: cameraId, cameraId, topic: 'ptz' })[0] === names[0]).toBe(
          sessionId === cameraId,
        );
      }),
    );
  });
});

describe('commands', () => {
  test.each([
    [{ type: 'set_target_id', target_id: 17, session_id: other }],
    [{ type: 'set_target_id', target_id: 17, topic: `sessions/${other}/command` }],
  ])('%j goes to its session, with the reply of the wire contract', async (command) => {
    await using rig = twoCameras();
    const client = await TopicClient.open(rig);
    expect(await client.ask(command)).toEqual({ type: 'ack', command: 'set_target_id', target_id: 17 });
    expect(rig.sessions.requests).toEqual([{ sessionId: other, name: 'set_target_id', params: { target_id: 17 } }]);
  });

  test('replies come in the order of the messages, of subscriptions, too', async () => {
    await using rig = startRig();
    const client = await TopicClient.open(rig);
    client.send(JSON.stringify({ type: 'clear_target', session_id: rig.id }));
    client.send(JSON.stringify({ type: 'subscribe', topics: ['stats'] }));
    client.send(JSON.stringify({ type: 'clear_target', session_id: rig.id, target_id: 3 }));
    await until('replies', () => client.replies.length === 3);
    expect(client.replies).toMatchObject([{ type: 'ack' }, { type: 'subscribed' }, { error: 'unknown_command' }]);
  });
});

test('no message, however malformed, breaks a socket or the server', async () => {
  // None is answered for coming too soon.
  const many = { messagesPerS: 1e6, messageBurst: 1e6, commandsPerS: 1e6, commandBurst: 1e6 };
  await using rig = startRig(many);
  const client = await TopicClient.open(rig);
  const words = fc.constantFrom('subscribe', 'unsubscribe', 'set_target_id', 'clear_target', 'gap');
  const level = fc.oneof(
    fc.constantFrom('+', '#', '', 'sessions', 'cameras', 'stats', 'tick', '__proto__'),
    fc.string(),
  );
  const pattern = fc.array(level, { maxLength: 6 }).map((levels) => levels.join('/'));
  const shaped = fc.record(
    {
      type: fc.oneof(words, fc.jsonValue()),
      topics: fc.oneof(fc.array(pattern, { maxLength: 70 }), fc.jsonValue()),
      hz: fc.oneof(fc.double(), fc.jsonValue()),
      delta: fc.oneof(fc.boolean(), fc.jsonValue()),
      since: fc.oneof(fc.record({ epoch: fc.string(), seq: fc.integer() }), fc.jsonValue()),
      session_id: fc.oneof(fc.constant(rig.id), fc.jsonValue()),
      topic: fc.oneof(pattern, fc.jsonValue()),
      target_id: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const text = fc.oneof(
    shaped.map((each) => JSON.stringify(each)),
    fc.json(),
    fc.string(),
  );
  const message = fc.oneof({ weight: 20, arbitrary: text }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 50 }) });
  let sent = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 50, maxLength: 100 }), async (messages) => {
      for (const each of messages) client.send(typeof each === 'string' ? each : new Uint8Array(each));
      sent += messages.length;
      await until('all are answered', () => client.replies.length === sent);
      rig.sessions.emit(rig.id, 'tick', tick(sent));
    }),
    { numRuns: 30, interruptAfterTimeLimit: PROPERTY_LIMIT_MS },
  );
  expect(client.closed).toBeUndefined();
  expect(rig.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  expect((await fetch(`${rig.server.url}/healthz`)).status).toBe(200);
});
