/** Requests that wait for an answer: over the start and the death of a process, and not for ever. */
import { expect, test } from 'bun:test';
import type { NodeRequest } from '../../runtime/engine/messages.ts';
import { PendingRequests } from '../../runtime/session/pending-requests.ts';

const LONG_MS = 60_000;

function rig(withinMs = LONG_MS) {
  const sent: NodeRequest[] = [];
  return {
    sent,
    names: () => sent.map(({ name }) => name),
    requests: new PendingRequests((r) => sent.push(r), withinMs),
  };
}

test('each answer goes to its own request', async () => {
  const { sent, requests } = rig();
  requests.opened();
  const asked = [requests.ask('a', { n: 1 }), requests.ask('b', null)];
  expect(sent).toMatchObject([
    { name: 'a', params: { n: 1 } },
    { name: 'b', params: null },
  ]);
  requests.answered({ type: 'reply', id: sent[1]?.id ?? 0, result: 'to b' });
  requests.answered({ type: 'reply', id: 999, result: 'to nobody' });
  const error = { code: 'busy', message: 'busy', permanent: false };
  requests.answered({ type: 'reply', id: sent[0]?.id ?? 0, error });
  requests.answered({ type: 'reply', id: sent[0]?.id ?? 0, result: 'too late' });
  expect(await Promise.all(asked)).toEqual([{ error }, { result: 'to b' }]);
});

test('what is not answered goes to the next process, in order; what is answered does not', async () => {
  const { sent, names, requests } = rig();
  const first = requests.ask('a', {});
  expect(names()).toEqual([]);
  requests.opened();
  requests.answered({ type: 'reply', id: sent[0]?.id ?? 0, result: 1 });
  expect(await first).toEqual({ result: 1 });
  void requests.ask('b', {});
  requests.processGone();
  void requests.ask('c', {});
  expect(names()).toEqual(['a', 'b']);
  requests.opened();
  expect(names()).toEqual(['a', 'b', 'b', 'c']);
  requests.close();
});

test('nobody waits longer than the bound, and what was given up is not sent', async () => {
  const { sent, requests } = rig(5);
  expect(await requests.ask('a', {})).toMatchObject({ error: { code: 'request_timeout' } });
  requests.opened();
  expect(sent).toEqual([]);
});

test('when the session is over, and when too many wait', async () => {
  const { requests } = rig();
  const waiting = Array.from({ length: 1000 }, () => requests.ask('a', {}));
  expect(await requests.ask('a', {})).toMatchObject({ error: { code: 'too_many_requests' } });
  requests.close();
  const codes = (await Promise.all(waiting)).map((outcome) => 'error' in outcome && outcome.error.code);
  expect(new Set(codes)).toEqual(new Set(['session_over']));
  expect(await requests.ask('a', {})).toMatchObject({ error: { code: 'session_over' } });
});
