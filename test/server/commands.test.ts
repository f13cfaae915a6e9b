/** Commands over WebSockets. */

import { describe, expect, test } from 'bun:test';
import { until } from '../support/patience.ts';
import { startRig, TestClient } from './clients.ts';

describe('commands', () => {
  const error = (code: string) => ({ type: 'error', error: code });

  test('are passed on and acknowledged', async () => {
    await using rig = startRig();
    const client = await TestClient.open(rig);
    expect(await client.ask('{"type":"set_target_id","target_id":17}')).toEqual({
      type: 'ack',
      command: 'set_target_id',
      target_id: 17,
    });
    expect(await client.ask(' {"target_id":0, "type":"set_target_id"} ')).toMatchObject({ type: 'ack', target_id: 0 });
    expect(await client.ask('{"type":"clear_target"}')).toEqual({ type: 'ack', command: 'clear_target' });
    expect(rig.sessions.requests).toEqual([
      { sessionId: rig.id, name: 'set_target_id', params: { target_id: 17 } },
      { sessionId: rig.id, name: 'set_target_id', params: { target_id: 0 } },
      { sessionId: rig.id, name: 'clear_target', params: {} },
    ]);
  });

  test('are acknowledged once a node has taken them, in the order of the messages', async () => {
    await using rig = startRig();
    const client = await TestClient.open(rig);
    const takes: (() => void)[] = [];
    rig.sessions.answer = () => new Promise((resolve) => takes.push(() => resolve({ result: undefined })));
    client.send('{"type":"set_target_id","target_id":1}');
    client.send('?');
    client.send('{"type":"set_target_id","target_id":2}');
    await until('both asked', () => takes.length === 2);
    takes[1]?.();
    // A client of its own shows that nothing is held up, and that a turn of the loop has passed.
    expect(await (await TestClient.open(rig)).ask('?')).toEqual(error('invalid_json'));
    expect(client.received).toEqual([]);
    takes[0]?.();
    await until('all replies', () => client.received.length === 3);
    expect(client.received.map((json) => JSON.parse(json))).toMatchObject([
      { type: 'ack', target_id: 1 },
      error('invalid_json'),
      { type: 'ack', target_id: 2 },
    ]);
  });

  test.each([
    ['unknown_request', 'unknown_command'],
    ['bad_request', 'unknown_command'],
    ['session_over', 'unknown_command'],
    ['request_timeout', 'rate_limited'],
    ['too_many_requests', 'rate_limited'],
    ['node_failed', 'rate_limited'],
  ])('one that nobody has taken (%s) is refused as %s', async (code, wire) => {
    await using rig = startRig();
    rig.sessions.answer = async () => ({ error: { code, message: 'the reason', permanent: false } });
    const client = await TestClient.open(rig);
    expect(await client.ask('{"type":"clear_target"}')).toEqual(error(wire));
  });

  test('bad ones are refused with their code, and the socket stays open', async () => {
    await using rig = startRig();
    const client = await TestClient.open(rig);
    const table: [string | Uint8Array<ArrayBuffer>, string][] = [
      ['', 'invalid_json'],
      ['hello', 'invalid_json'],
      ['{"type":"clear_target"', 'invalid_json'],
      ['{"type":"clear_target",}', 'invalid_json'],
      ['NaN', 'invalid_json'],
      [new TextEncoder().encode('{"type":"clear_target"}'), 'invalid_json'],
      ['x'.repeat(1024 * 1024), 'invalid_json'],
      [`{"type":"clear_target","pad":"${'x'.repeat(1024 * 1024)}"}`, 'invalid_json'],
      ['['.repeat(60_000), 'invalid_json'],
      ['null', 'unknown_command'],
      ['17', 'unknown_command'],
      ['"clear_target"', 'unknown_command'],
      ['[]', 'unknown_command'],
      ['[{"type":"clear_target"}]', 'unknown_command'],
      ['{}', 'unknown_command'],
      ['{"type":null}', 'unknown_command'],
      ['{"type":"CLEAR_TARGET"}', 'unknown_command'],
      ['{"type":"ptz_move","pan":1}', 'unknown_command'],
      ['{"type":"toString"}', 'unknown_command'],
      ['{"type":"clear_target","target_id":1}', 'unknown_command'],
      ['{"type":"clear_target","__proto__":1}', 'unknown_command'],
      ['{"type":"set_target_id","target_id":1,"zoom":2}', 'unknown_command'],
      ['{"type":"set_target_id"}', 'target_id_must_be_int'],
      ['{"type":"set_target_id","id":1}', 'target_id_must_be_int'],
      ['{"type":"set_target_id","__proto__":{"target_id":1}}', 'target_id_must_be_int'],
      ...['null', 'true', '"17"', '1.5', '-1', '[1]', '{}', '1e999', '9007199254740992', '-9007199254740993'].map(
        (id): [string, string] => [`{"type":"set_target_id","target_id":${id}}`, 'target_id_must_be_int'],
      ),
    ];
    for (const [message, code] of table)
      expect([String(message).slice(0, 60), await client.ask(message)]).toEqual([
        String(message).slice(0, 60),
        error(code),
      ]);
    expect(await client.ask('{"type":"clear_target"}')).toEqual({ type: 'ack', command: 'clear_target' });
    expect(rig.sessions.requests.length).toBe(1);
    expect(client.closed).toBeUndefined();
  });

  test('too many are refused, for that client only', async () => {
    await using rig = startRig({ commandsPerS: 0.001, commandBurst: 3 });
    const [eager, calm] = [await TestClient.open(rig), await TestClient.open(rig)];
    const replies: unknown[] = [];
    for (let n = 0; n < 5; n += 1) replies.push(await eager.ask('{"type":"clear_target"}'));
    expect(replies.slice(3)).toEqual([error('rate_limited'), error('rate_limited')]);
    // Nonsense has a budget of its own.
    expect(await eager.ask('?')).toEqual(error('invalid_json'));
    expect(await calm.ask('{"type":"clear_target"}')).toMatchObject({ type: 'ack' });
    expect(rig.sessions.requests.length).toBe(4);
  });
});
