/** Commands over WebSockets. */
import { describe, expect, test } from 'bun:test';
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
    expect(rig.sessions.commands).toEqual([
      { sessionId: rig.id, command: { type: 'set_target_id', target_id: 17 } },
      { sessionId: rig.id, command: { type: 'set_target_id', target_id: 0 } },
      { sessionId: rig.id, command: { type: 'clear_target' } },
    ]);
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
    expect(rig.sessions.commands.length).toBe(1);
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
    expect(rig.sessions.commands.length).toBe(4);
  });
});
