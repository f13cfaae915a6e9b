/** The hub and its mailboxes: who gets what, in which order, whatever the others do. */
import { describe, expect, test } from 'bun:test';
import { Hub } from '../../runtime/hub/hub.ts';
import type { Answer } from '../../runtime/hub/message.ts';
import { FakeLog } from '../server/fake-sessions.ts';
import { message, Reader } from './reader.ts';

function rig() {
  const log = new FakeLog();
  return { log, hub: new Hub(log) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a turn of the event loop', () => {
  test('is one delivery, at its end: every event, and of the rest the latest, in order', async () => {
    const { hub } = rig();
    const reader = new Reader();
    hub.subscribe(reader);
    for (const n of [1, 2, 3]) {
      hub.publish(message('tick', n));
      hub.publish(message('tracks', n));
    }
    hub.publish(message('ptz', 4));
    hub.publish(message('tick', 5, { sessionId: 'other' }));
    expect(reader.taken).toEqual([]);
    await turn();
    expect(reader.taken).toEqual(['tracks 1', 'tracks 2', 'tick 3', 'tracks 3', 'ptz 4', 'tick 5']);
    expect(reader.batches).toEqual([6]);
  });

  test('what is published during a delivery comes in the next one', async () => {
    const { hub } = rig();
    const echo = new Reader({
      answer: ([first]) => {
        if (first?.topic === 'tracks') hub.publish(message('echo', 1));
        return 'ok';
      },
    });
    hub.subscribe(echo);
    hub.publish(message('tracks', 1));
    await turn();
    await turn();
    expect(echo.taken).toEqual(['tracks 1', 'echo 1']);
  });
});

describe('who gets what', () => {
  const published = [
    message('tick', 1),
    message('tick', 2, { live: false }),
    message('ptz', 3, { isNews: false }),
    message('tick', 4, { sessionId: 'other' }),
    message('tracks', 5),
    message('tick', 6),
  ];
  test.each([
    { who: 'all of all sessions', options: {}, gets: ['ptz 3', 'tick 4', 'tracks 5', 'tick 6'] },
    { who: 'a session', options: { sessionId: 's' }, gets: ['ptz 3', 'tracks 5', 'tick 6'] },
    { who: 'a topic', options: { topics: new Set(['tracks']) }, gets: ['tracks 5'] },
    { who: 'a record', options: { isRecord: true }, gets: ['tick 1', 'tick 2', 'tick 4', 'tracks 5', 'tick 6'] },
    { who: 'nobody', options: { sessionId: 'third' }, gets: [] },
  ])('$who', ({ options, gets }) => {
    const { hub } = rig();
    const reader = new Reader(options);
    hub.subscribe(reader);
    for (const each of published) hub.publish(each);
    hub.flush();
    expect(reader.taken).toEqual([...gets]);
  });
});

describe('who comes later', () => {
  test.each([
    { who: 'gets the latest of each topic', options: { sessionId: 's' }, gets: ['tick 2', 'ptz 3'] },
    {
      who: 'in the order of its wishes',
      options: { sessionId: 's', topics: new Set(['ptz', 'tick']) },
      gets: ['ptz 3', 'tick 2'],
    },
    { who: 'of all sessions', options: {}, gets: ['tick 2', 'ptz 3', 'tick 9'] },
    { who: 'but a record is no place for what was before it', options: { isRecord: true }, gets: [] },
  ])('$who', ({ options, gets }) => {
    const { hub } = rig();
    hub.publish(message('tick', 1));
    hub.publish(message('tick', 2));
    hub.publish(message('ptz', 3));
    hub.publish(message('tracks', 4));
    hub.publish(message('tick', 5, { live: false }));
    hub.publish(message('tick', 9, { sessionId: 'other' }));
    const reader = new Reader(options);
    hub.subscribe(reader);
    hub.flush();
    expect(reader.taken).toEqual([...gets]);
    hub.flush();
    expect(reader.taken).toEqual([...gets]);
  });

  test('a message that is retained only is for them alone', () => {
    const { hub } = rig();
    const [early, late] = [new Reader(), new Reader()];
    hub.subscribe(early);
    hub.publish(message('tick', 1));
    hub.flush();
    hub.retain(message('tick', 2));
    hub.subscribe(late);
    hub.flush();
    expect([early.taken, late.taken]).toEqual([['tick 1'], ['tick 2']]);
    expect(hub.retained('s', 'tick')?.json).toBe('{"n":2}');
  });
});

describe('a subscriber that', () => {
  test('throws is dropped and logged, and may throw at that too', () => {
    const { hub, log } = rig();
    const [first, last] = [new Reader(), new Reader()];
    const bad = new Reader({
      answer: () => {
        throw new Error('broken');
      },
    });
    bad.dropped = (why) => {
      bad.drops.push(why);
      throw new Error('for good');
    };
    for (const each of [first, bad, last]) hub.subscribe(each);
    for (const n of [1, 2]) {
      hub.publish(message('tracks', n));
      hub.flush();
    }
    expect([first.taken, last.taken]).toEqual([
      ['tracks 1', 'tracks 2'],
      ['tracks 1', 'tracks 2'],
    ]);
    expect(bad.drops).toEqual(['failed']);
    expect(log.lines.map(({ fields }) => fields?.error)).toEqual(['broken', 'for good']);
  });

  test('is behind gets it all later: every event, and of the rest the latest, in order', () => {
    const { hub } = rig();
    let answer: Answer = 'behind';
    const slow = new Reader({ answer: () => answer });
    const subscription = hub.subscribe(slow);
    for (const n of [1, 2, 3]) {
      hub.publish(message('tick', n));
      hub.publish(message('tracks', n));
      hub.flush();
    }
    subscription.wake();
    expect(slow.taken).toEqual([]);
    answer = 'ok';
    subscription.wake();
    expect(slow.taken).toEqual(['tracks 1', 'tracks 2', 'tick 3', 'tracks 3']);
    subscription.wake();
    hub.flush();
    expect(slow.batches).toEqual([4]);
  });

  test('stays behind is dropped when too many events wait; the latest of a topic never are too many', () => {
    const { hub } = rig();
    const stuck = new Reader({ answer: () => 'behind', maxQueuedChars: 30 });
    hub.subscribe(stuck);
    for (let n = 0; n < 100; n += 1) hub.publish(message('tick', n));
    for (const n of [1, 2, 3, 4]) {
      hub.publish(message('tracks', n));
      hub.flush();
    }
    expect(stuck.drops).toEqual([]);
    hub.publish(message('tracks', 5));
    expect(stuck.drops).toEqual(['queue_full']);
    hub.publish(message('tracks', 6));
    expect(stuck.drops).toEqual(['queue_full']);
  });

  test('is gone, or has ended its subscription, is offered nothing more', () => {
    const { hub } = rig();
    let offers = 0;
    const leaves = new Reader({
      answer: () => {
        offers += 1;
        return 'gone';
      },
    });
    const ended = new Reader();
    hub.subscribe(leaves);
    const subscription = hub.subscribe(ended);
    hub.publish(message('tick', 1));
    subscription.end();
    hub.flush();
    hub.publish(message('tick', 2));
    hub.flush();
    expect([offers, leaves.drops, ended.taken]).toEqual([1, [], []]);
  });
});

test('a session that is over says its last words; then its subscribers are dropped, and nothing is retained', () => {
  const { hub } = rig();
  const [one, all] = [new Reader({ sessionId: 's' }), new Reader()];
  hub.subscribe(one);
  hub.subscribe(all);
  hub.publish(message('tracks', 1));
  hub.publish(message('tick', 2));
  hub.close('s');
  hub.publish(message('tick', 3, { sessionId: 'other' }));
  hub.flush();
  expect([one.taken, one.drops]).toEqual([['tracks 1', 'tick 2'], ['session_over']]);
  expect([all.taken, all.drops]).toEqual([['tracks 1', 'tick 2', 'tick 3'], []]);
  expect(hub.retained('s', 'tick')).toBeUndefined();
});
