import { expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { MqttOptions } from '../../../runtime/sinks/mqtt/options.ts';
import { TickTopics } from '../../../runtime/sinks/mqtt/tick-topics.ts';
import type { MetadataTick } from '../../../schemas/metadata-tick.ts';

const tickAt = (ts_unix_ms: number) =>
  ({
    ts_unix_ms,
    tracks: [{ id: 7, label: 'drone', conf: 0.9, bbox: { x: 0.25, y: 0, w: 0.5, h: 0.5 } }],
  }) as unknown as MetadataTick;

/** Ten ticks a second for two seconds; what is told by topic. */
function told(options: object): Map<string, number> {
  const ticks = new TickTopics({ ...Value.Create(MqttOptions), ...options });
  const counts = new Map<string, number>();
  for (let ms = 0; ms < 2000; ms += 100) {
    ticks.take('cam01', tickAt(ms), JSON.stringify(tickAt(ms)), ms);
    for (const topic of ticks.due.keys()) counts.set(topic, (counts.get(topic) ?? 0) + 1);
    ticks.due.clear();
  }
  return counts;
}

test('nothing is told of ticks unless it is wanted, and each form at its own rate', () => {
  expect([...told({})]).toEqual([]);
  expect([...told({ tick_hz: 5, onvif_hz: 1 })]).toEqual([
    ['drone_ptz/cam01/tick', 10],
    ['drone_ptz/onvif-mj/VideoAnalytics/cam01/Windhover', 2],
  ]);
});

test('while the broker is away, the latest of each waits', () => {
  const ticks = new TickTopics({ ...Value.Create(MqttOptions), tick_hz: 10, onvif_hz: 10 });
  for (const ms of [0, 200, 400]) ticks.take('cam01', tickAt(ms), JSON.stringify(tickAt(ms)), ms);
  expect([...ticks.due.keys()]).toHaveLength(2);
  expect(JSON.parse(ticks.due.get('drone_ptz/cam01/tick') ?? '')).toEqual(tickAt(400));
  expect(JSON.parse(ticks.due.get('drone_ptz/onvif-mj/VideoAnalytics/cam01/Windhover') ?? '')).toMatchObject({
    Frame: [{ '@UtcTime': '1970-01-01T00:00:00.400Z', Object: [{ '@ObjectId': 7 }] }],
  });
});
