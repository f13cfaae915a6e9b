/** The parts of the MQTT bridge that need no broker. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { ANYBODY } from '../../../runtime/access/caller.ts';
import { Camera } from '../../../runtime/sinks/mqtt/camera.ts';
import { readMqttCommand } from '../../../runtime/sinks/mqtt/commands.ts';
import { Counts } from '../../../runtime/sinks/mqtt/counts.ts';
import { discoveryMessage, discoveryTopic } from '../../../runtime/sinks/mqtt/discovery.ts';
import { EventQueue, type QueuedEvent } from '../../../runtime/sinks/mqtt/event-queue.ts';
import { FrigateEvents } from '../../../runtime/sinks/mqtt/frigate.ts';
import { States } from '../../../runtime/sinks/mqtt/states.ts';
import { countTopics, isCountTopic } from '../../../runtime/sinks/mqtt/topic-names.ts';
import type { TrackEvent } from '../../../schemas/index.ts';
import { viewOf } from '../../server/fake-sessions.ts';

function event(kind: TrackEvent['event'], id: number, label = 'drone', zones: string[] = []): TrackEvent {
  const about = { session_id: 's', camera_id: 'cam01', ts_unix_ms: 1_730_000_001_500 };
  const end = kind === 'end' ? about.ts_unix_ms : null;
  const best_bbox = { x: 0.25, y: 0.5, w: 0.1, h: 0.05 };
  const summary = { id, label, top_conf: 0.9, confirmed: true, start_ts_unix_ms: 1_730_000_001_000, zones, best_bbox };
  const before = kind === 'new' ? null : { ...summary, end_ts_unix_ms: null };
  const after = { ...summary, end_ts_unix_ms: end };
  return { schema: 'drone-ptz-metadata/1', type: 'track_event', event: kind, ...about, before, after } as TrackEvent;
}

describe('topics', () => {
  test.each<[string, string[], string[]]>([
    ['drone', [], ['all', 'drone']],
    ['drone', ['gate'], ['all', 'drone', 'gate/all', 'gate/drone']],
    ['a/b+c#', ['x y'], ['all', 'a_b_c_', 'x_y/all', 'x_y/a_b_c_']],
    ['status', ['ptz'], ['all', 'status_', 'ptz_/all', 'ptz_/status_']],
    ['', ['z', 'z'], ['all', '_', 'z/all', 'z/_']],
  ])('%j in %j', (label, zones, topics) => {
    expect(countTopics(label, zones)).toEqual(topics);
  });

  test('whatever labels and zones are called: valid topics that are known as counts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.string(), { maxLength: 3 }), (label, zones) => {
        for (const topic of countTopics(label, zones)) {
          expect(topic).not.toMatch(/[+#\s]|^\/|\/$|\/\/|\p{Cc}/u);
          expect(isCountTopic(topic)).toBe(true);
        }
      }),
    );
  });

  test.each(['status', 'tick', 'problem', 'autotrack/state', 'target/set', 'target/clear/ack', 'ptz/state', 'a/b/c'])(
    '%s is no count',
    (path) => expect(isCountTopic(path)).toBe(false),
  );
});

test('counts are the open tracks of each label and zone, whatever happened before', () => {
  const step = fc.record({
    id: fc.integer({ min: 1, max: 5 }),
    label: fc.constantFrom('drone', 'bird'),
    zones: fc.subarray(['a', 'b']),
    ends: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const counts = new Counts();
      const open = new Map<number, string[]>();
      for (const { id, label, zones, ends } of steps) {
        const kind = ends ? 'end' : open.has(id) ? 'update' : 'new';
        counts.see(event(kind, id, label, zones));
        if (ends) open.delete(id);
        else open.set(id, countTopics(label, zones));
      }
      for (const [topic, count] of counts.all) {
        expect(count).toBe([...open.values()].filter((topics) => topics.includes(topic)).length);
      }
      counts.clear();
      expect([...counts.all.values()].every((count) => count === 0)).toBe(true);
    }),
  );
});

describe('events on their way', () => {
  test('through any losses of the connection all arrive in order, once without what is sent again', () => {
    const step = fc.constantFrom('add', 'add', 'send', 'confirm', 'lose');
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new EventQueue(1000);
        const arrived: number[] = [];
        let sent: QueuedEvent[] = [];
        let added = 0;
        const send = () => {
          const next = queue.next();
          if (!next) return;
          sent.push(next);
          arrived.push(Number(next.payload));
        };
        for (const what of steps) {
          if (what === 'add') queue.add(String(added++));
          if (what === 'send') send();
          const first = what === 'confirm' ? sent.shift() : undefined;
          if (first) queue.confirmed(first);
          if (what !== 'lose') continue;
          queue.disconnected();
          sent = [];
        }
        while (queue.length > 0) {
          send();
          const first = sent.shift();
          if (first) queue.confirmed(first);
        }
        expect([...new Set(arrived)]).toEqual(Array.from({ length: added }, (_, i) => i));
      }),
    );
  });

  test('no more than fit are kept: the oldest go, and are counted', () => {
    const queue = new EventQueue(3);
    for (let i = 0; i < 5; i++) queue.add(String(i));
    expect([queue.length, queue.dropped, queue.next()?.payload]).toEqual([3, 2, '2']);
  });
});

test('of a state the broker is told the latest, and all again when it is back', () => {
  const states = new States();
  states.set('a', '1');
  states.set('b', '1');
  states.set('a', '2');
  states.set('b', '1');
  expect([states.next(), states.next(), states.next()]).toEqual([
    { topic: 'a', payload: '2' },
    { topic: 'b', payload: '1' },
    undefined,
  ]);
  states.set('a', '2');
  expect(states.due).toBe(0);
  states.tellAll();
  expect(states.due).toBe(2);
});

describe('commands', () => {
  const controller = { ...ANYBODY, role: 'controller', cameras: ['cam01'] } as const;
  const read = (path: string, payload: string, caller: Parameters<typeof readMqttCommand>[3] = controller) =>
    readMqttCommand('site/ptz', `site/ptz/${path}`, payload, caller);

  test.each<[string, string, unknown]>([
    ['cam01/autotrack/set', 'ON', { name: 'set_autotrack', params: { enabled: true } }],
    ['cam01/autotrack/set', 'OFF', { name: 'set_autotrack', params: { enabled: false } }],
    ['cam01/target/set', '17', { name: 'set_target_id', params: { target_id: 17 } }],
    ['cam01/target/clear', 'PRESS', { name: 'clear_target', params: {} }],
  ])('%s %s', (path, payload, request) => {
    expect(read(path, payload)).toEqual({ camera: 'cam01', request } as ReturnType<typeof read>);
  });

  test.each<[string, string, string]>([
    ['cam01/autotrack/set', 'on', 'invalid_json'],
    ['cam01/autotrack/set', '', 'invalid_json'],
    ['cam01/target/set', '-1', 'target_id_must_be_int'],
    ['cam01/target/set', '1.5', 'target_id_must_be_int'],
    ['cam01/target/set', '1e3', 'target_id_must_be_int'],
    ['cam01/target/set', '9007199254740993', 'target_id_must_be_int'],
    ['cam01/target/move', '1', 'unknown_command'],
    ['cam01', '1', 'unknown_command'],
    ['cam02/target/clear', '', 'forbidden'],
  ])('%s %j is refused: %s', (path, payload, error) => {
    expect(read(path, payload)).toBe(error as ReturnType<typeof read>);
  });

  test('a viewer may do nothing', () => {
    expect(read('cam01/target/clear', '', { ...controller, role: 'viewer' })).toBe('forbidden');
  });
});

describe('a camera', () => {
  function rig() {
    const said = new Map<string, string>();
    return { said, camera: new Camera((path, payload) => void said.set(path, payload)) };
  }

  test('tells of its session, and of nothing when that is gone', () => {
    const { said, camera } = rig();
    const nothing = Object.fromEntries(said);
    expect(nothing).toMatchObject({ all: '0', status: 'offline', 'autotrack/state': 'OFF' });
    camera.session(viewOf('s', 'cam01'));
    camera.event(event('new', 7, 'drone', ['gate']), 'windhover');
    camera.autotrack({ enabled: true, state: 'following' } as Parameters<Camera['autotrack']>[0]);
    camera.tick({ selected_target_id: 7, tracking_phase: 'tracking' } as Parameters<Camera['tick']>[0]);
    expect(Object.fromEntries(said)).toMatchObject({
      ...{ status: 'online', all: '1', drone: '1', 'gate/drone': '1', 'autotrack/state': 'ON' },
      'target/state': '{"target_id":7,"phase":"tracking"}',
    });
    camera.gone();
    expect(Object.fromEntries(said)).toEqual({ ...nothing, drone: '0', 'gate/all': '0', 'gate/drone': '0' });
  });

  test.each([
    [null, 'online', 'OFF'],
    [{ code: 'starting', message: 'no frame yet', since_unix_ms: 1 }, 'offline', 'OFF'],
    [{ code: 'no_frames', message: 'no frame for 5 s', since_unix_ms: 1 }, 'offline', 'ON'],
  ])('fault %j: %s, problem %s', (fault, status, problem) => {
    const { said, camera } = rig();
    camera.session({ ...viewOf('s', 'cam01'), fault });
    expect(said.get('status')).toBe(status);
    expect(JSON.parse(said.get('problem') ?? '')).toMatchObject({ state: problem });
  });
});

test('the events of Frigate: one id a track, pixels, and the zones that it has been in', () => {
  const frigate = new FrigateEvents();
  const frame = { w: 1000, h: 400 };
  const events = [event('new', 3, 'drone', ['a']), event('update', 3, 'drone', ['b']), event('end', 3, 'drone', [])];
  const said = events.map((each) => frigate.convert(each, frame)) as { type: string; before: Said; after: Said }[];
  interface Said {
    readonly id: string;
    readonly entered_zones: string[];
    readonly current_zones: string[];
    readonly end_time: number | null;
  }
  expect(said.map(({ type, after }) => [type, after.current_zones, after.entered_zones, after.end_time])).toEqual([
    ['new', ['a'], ['a'], null],
    ['update', ['b'], ['a', 'b'], null],
    ['end', [], ['a', 'b'], 1_730_000_001.5],
  ]);
  expect(new Set(said.flatMap(({ before, after }) => [before.id, after.id])).size).toBe(1);
  expect(said[0]?.after).toMatchObject({
    id: expect.stringMatching(/^1730000001\.000000-[a-z0-9]{6}$/),
    box: [250, 200, 350, 220],
    area: 2000,
    ratio: 5,
    top_score: 0.9,
  });
});

describe('Home Assistant', () => {
  const about = { camera: 'cam-01', prefix: 'site/ptz', counts: ['all', 'gate/drone'], steers: true, obeys: true };

  test('one message a camera, in which every entity has its own id', () => {
    expect(discoveryTopic('ha', about)).toMatch(/^ha\/device\/site_ptz_[a-z0-9]+_cam-01\/config$/);
    const { components, availability } = discoveryMessage(about) as {
      components: Record<string, { unique_id: string; state_topic?: string }>;
      availability: object;
    };
    expect(availability).toEqual([{ topic: 'site/ptz/available' }, { topic: 'site/ptz/cam-01/status' }]);
    const ids = Object.values(components).map(({ unique_id }) => unique_id);
    expect(new Set(ids).size).toBe(ids.length);
    const names = ['delivers', 'problem', 'fps', 'target', 'autotrack', 'clear_target', 'count_all'];
    expect(Object.keys(components)).toEqual([...names, expect.stringMatching(/^count_gate_drone_/)]);
  });

  test('what may not be commanded, or is not there, is no entity', () => {
    const names = (change: object) =>
      Object.keys((discoveryMessage({ ...about, ...change }) as { components: object }).components);
    expect(names({ obeys: false })).not.toContain('clear_target');
    expect(names({ obeys: false })).not.toContain('autotrack');
    expect(names({ steers: false })).not.toContain('autotrack');
  });
});
