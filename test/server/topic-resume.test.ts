/** `/ws` clients that go and come back with the number of the last message they have. */
import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { TopicMessageSchema } from '../../schemas/topic-messages.ts';
import { until } from '../support/patience.ts';
import { startRig } from './clients.ts';
import { event, tick } from './numbered.ts';
import { TopicClient } from './topic-clients.ts';

const other = 's-cam_02';

describe('coming back', () => {
  test('40 clients that drop at any moment have every event once and in order', async () => {
    await using rig = startRig();
    rig.sessions.create('cam_02');
    const logs = Array.from({ length: 40 }, () => [] as string[]);
    const told: string[] = [];
    let [come, isOver] = [0, false];
    const visits = logs.map(async (log, at) => {
      let since: TopicClient['since'];
      for (let visit = 0; ; visit++) {
        const isLast = isOver;
        const client = await TopicClient.open(rig);
        await client.subscribe(['sessions/+/tracks', 'cameras/cam_01/tick'], since ? { since } : {});
        if (visit === 0) come += 1;
        const last = () => client.taken.findLast(({ topic }) => topic.endsWith('tracks'))?.json ?? log.at(-1);
        if (isLast) await until('the last event', () => last() === told.at(-1));
        else await Bun.sleep((at * 7 + visit * 13) % 60);
        // What has come is kept, and its number; what is still under way comes again.
        log.push(...client.taken.map(({ json }) => json).filter((json) => json.includes('track_event')));
        since = client.since;
        expect(client.gaps).toEqual([]);
        client.close();
        if (isLast) return;
      }
    });
    await until('all have been here', () => come === logs.length);
    for (let n = 0; n < 300; n++) {
      const json = event(n);
      told.push(json);
      rig.sessions.emit(n % 3 === 0 ? other : rig.id, 'tracks', json);
      rig.sessions.emit(rig.id, 'tick', tick(n));
      if (n % 4 === 0) await Bun.sleep(1);
    }
    isOver = true;
    await Promise.all(visits);
    for (const log of logs) expect(log).toEqual(told);
  });

  test('what is gone is told with its number, and that another server runs', async () => {
    await using rig = startRig();
    const client = await TopicClient.open(rig);
    const subscribed = await client.subscribe(['cameras/+/tracks']);
    expect(Value.Check(TopicMessageSchema, subscribed)).toBe(true);
    const since = client.since;
    client.close();
    for (let n = 0; n < 6000; n++) rig.sessions.emit(rig.id, 'tracks', event(n));
    const back = await TopicClient.open(rig);
    await back.subscribe(['cameras/+/tracks'], { since });
    await until('the last', () => back.taken.at(-1)?.json === event(5999));
    expect(back.gaps).toEqual([{ type: 'gap', topic: `sessions/${rig.id}/tracks`, missed: 6000 - back.taken.length }]);
    await using next = startRig();
    const elsewhere = await TopicClient.open(next);
    expect(await elsewhere.subscribe(['cameras/+/tracks'], { since })).toMatchObject({ seq: 0 });
    expect(elsewhere.gaps).toEqual([{ type: 'gap', missed: null }]);
  });
});
