/** Subscribers that leave and come back with the number of the last event they have. */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { Hub, type Mark } from '../../runtime/hub/hub.ts';
import type { Message } from '../../runtime/hub/message.ts';
import { FakeLog } from '../server/fake-sessions.ts';
import { message, Reader } from './reader.ts';

const LIMITS = { events: 8, chars: 100, counted: 4, closed: 2 };

/** Comes and goes; keeps what it was given and what it was told it has missed. */
class Guest {
  readonly taken: string[] = [];
  missed = 0;
  isUnsure = false;
  mark: Mark | undefined;
  #end: (() => void) | undefined;

  come(hub: Hub, sessions: readonly string[]): void {
    if (this.#end) return;
    const wants = ({ sessionId, topic }: { sessionId: string; topic: string }) =>
      topic === 'tracks' && sessions.includes(sessionId);
    const reader = Object.assign(new Reader(), { wants });
    reader.deliver = (batch: readonly Message[]) => {
      for (const { json, seq } of batch) {
        this.taken.push(json);
        this.mark = { epoch: hub.epoch, seq };
      }
      return 'ok';
    };
    const from = this.mark ?? hub.now;
    const subscription = hub.subscribe(reader, this.mark);
    this.mark = from;
    for (const { count } of subscription.missed) {
      if (count === undefined) this.isUnsure = true;
      else this.missed += count;
    }
    this.#end = subscription.end;
  }

  leave(): void {
    this.#end?.();
    this.#end = undefined;
  }
}

const STEP = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('a', 'b', 'tick', 'flush') },
  { weight: 4, arbitrary: fc.constantFrom('come', 'leave') },
  { weight: 1, arbitrary: fc.constantFrom('close a', 'close b') },
);

test('each event comes once and in order, or is counted, whenever it comes back; also of sessions that are over', () => {
  fc.assert(
    fc.property(fc.array(STEP, { maxLength: 150 }), (steps) => {
      const hub = new Hub(new FakeLog(), LIMITS);
      const guest = new Guest();
      guest.come(hub, ['a', 'b']);
      const published: string[] = [];
      for (const [n, step] of ['flush', ...steps, 'leave', 'come', 'flush'].entries()) {
        if (step === 'flush') hub.flush();
        else if (step === 'come') guest.come(hub, ['a', 'b']);
        else if (step === 'leave') guest.leave();
        else if (step === 'tick') hub.publish(message('tick', n, { sessionId: 'a' }));
        else if (step.startsWith('close')) hub.close(step.slice(6));
        else {
          const event = message('tracks', n, { sessionId: step });
          published.push(event.json);
          hub.publish(event);
          hub.publish(message('alarms', n, { sessionId: step }));
        }
      }
      const places = guest.taken.map((json) => published.indexOf(json));
      expect(places).toEqual([...new Set(places)].toSorted((a, b) => a - b));
      const gone = published.length - guest.taken.length;
      if (guest.isUnsure) expect(guest.missed).toBeLessThanOrEqual(gone);
      else expect(guest.missed).toBe(gone);
    }),
  );
});

test('nothing is missed within the bounds of the log', () => {
  const hub = new Hub(new FakeLog());
  const guest = new Guest();
  guest.come(hub, ['a']);
  guest.leave();
  for (let n = 0; n < 1000; n++) hub.publish(message('tracks', n, { sessionId: 'a' }));
  hub.close('a');
  guest.come(hub, ['a']);
  hub.flush();
  expect([guest.taken.length, guest.missed, guest.isUnsure]).toEqual([1000, 0, false]);
});

test('a mark of another hub: all events that there are, and it is said that others may be gone', () => {
  const hub = new Hub(new FakeLog());
  hub.publish(message('tracks', 1, { sessionId: 'a' }));
  const guest = new Guest();
  guest.mark = new Hub(new FakeLog()).now;
  guest.come(hub, ['a']);
  hub.flush();
  expect([guest.taken, guest.isUnsure]).toEqual([['{"n":1}'], true]);
});

test('the log of many events is bounded, and a resume takes no longer for those that are gone', () => {
  const hub = new Hub(new FakeLog());
  const guest = new Guest();
  guest.come(hub, ['a']);
  guest.leave();
  for (let n = 0; n < 60_000; n++) hub.publish(message('tracks', n, { sessionId: 'a' }));
  guest.come(hub, ['a']);
  hub.flush();
  expect([guest.taken.length, guest.taken.length + guest.missed, guest.isUnsure]).toEqual([5000, 60_000, false]);
});

test('what a subscriber newly wants comes with what is retained of it; what it has, comes once', () => {
  const hub = new Hub(new FakeLog());
  hub.publish(message('tick', 1));
  hub.publish(message('ptz', 2));
  let wanted = ['tick'];
  const reader = Object.assign(new Reader(), { wants: ({ topic }: { topic: string }) => wanted.includes(topic) });
  const subscription = hub.subscribe(reader);
  hub.flush();
  wanted = ['tick', 'ptz'];
  subscription.changed();
  hub.flush();
  wanted = ['ptz'];
  subscription.changed();
  hub.publish(message('tick', 3));
  hub.publish(message('ptz', 4));
  hub.flush();
  expect(reader.taken).toEqual(['tick 1', 'ptz 2', 'ptz 4']);
});

test('what a subscriber leaves lies in its mailbox until a newer one takes its place, or it is woken', () => {
  const hub = new Hub(new FakeLog());
  const reader = new Reader();
  const taken: number[] = [];
  let isHolding = true;
  reader.deliver = (batch) => {
    const held = isHolding ? batch.filter(({ topic }) => topic === 'tick') : [];
    taken.push(...batch.filter((each) => !held.includes(each)).map(({ json }) => JSON.parse(json).n));
    return held.length > 0 ? held : 'ok';
  };
  const subscription = hub.subscribe(reader);
  for (const [n, topic] of ['tick', 'tracks', 'tick', 'tracks'].entries()) {
    hub.publish(message(topic, n));
    hub.flush();
  }
  expect(taken).toEqual([1, 3]);
  isHolding = false;
  subscription.wake();
  subscription.wake();
  expect(taken).toEqual([1, 3, 2]);
});
