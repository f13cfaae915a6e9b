/** The hub under all kinds of subscribers at once, in any order of events. */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { Hub, type Subscription } from '../../runtime/hub/hub.ts';
import type { Unnumbered } from '../../runtime/hub/message.ts';
import { FakeLog } from '../server/fake-sessions.ts';
import { LATEST, message, nameOf, Reader } from './reader.ts';

test('whatever the others do, one that takes all misses no event, gets nothing twice, and ends with the latest', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('tick', 'ptz', 'tracks', 'alarms') },
    { weight: 2, arbitrary: fc.constant('flush') },
    { weight: 1, arbitrary: fc.constantFrom('throws', 'behind', 'gone', 'full', 'late', 'wake') },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const hub = new Hub(new FakeLog());
      const [good, record, slow] = [new Reader(), new Reader({ isRecord: true }), new Reader()];
      let isSlow = true;
      slow.answer = () => (isSlow ? 'behind' : 'ok');
      const subscriptions: Subscription[] = [good, record, slow].map((each) => hub.subscribe(each));
      const late: { reader: Reader; from: number }[] = [];
      const published: Unnumbered[] = [];
      for (const [n, kind] of steps.entries()) {
        if (kind === 'flush') hub.flush();
        else if (kind === 'wake') for (const subscription of subscriptions) subscription.wake();
        else if (kind === 'late') {
          const reader = new Reader();
          hub.flush();
          hub.subscribe(reader);
          late.push({ reader, from: published.length });
        } else if (kind === 'full') hub.subscribe(new Reader({ answer: () => 'behind', maxQueuedChars: 0 }));
        else if (kind === 'behind' || kind === 'gone') hub.subscribe(new Reader({ answer: () => kind }));
        else if (kind === 'throws') hub.subscribe(new Reader({ answer: () => JSON.parse('not JSON') }));
        else {
          const next = message(kind, n);
          published.push(next);
          hub.publish(next);
        }
      }
      isSlow = false;
      for (const subscription of subscriptions) subscription.wake();
      hub.flush();
      const lastOf = (topic: string) => published.filter((each) => each.topic === topic).at(-1);
      expect(record.taken).toEqual(published.map(nameOf));
      for (const { reader, from } of [{ reader: good, from: 0 }, { reader: slow, from: 0 }, ...late]) {
        const events = published.slice(from).filter(({ keep }) => keep === 'every');
        expect(reader.taken.filter((taken) => !LATEST.some((topic) => taken.startsWith(topic)))).toEqual(
          events.map(nameOf),
        );
        expect(new Set(reader.taken).size).toBe(reader.taken.length);
        for (const topic of LATEST) {
          const taken = reader.taken.filter((each) => each.startsWith(topic));
          const numbers = taken.map((each) => Number(each.split(' ')[1]));
          expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
          const last = lastOf(topic);
          expect(taken.at(-1)).toBe(last && nameOf(last));
        }
      }
    }),
  );
});
