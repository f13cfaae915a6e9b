/** A running session is given another graph: real processes, workers and video. */
import { describe, expect, test } from 'bun:test';
import type { MetadataTick, TrackEvent } from '../../schemas/index.ts';
import { chain, graphText, testNode } from '../support/graphs.ts';
import { TestSession } from '../support/sessions.ts';

const LIMIT_MS = 120_000;

/** Ids of all tracks with how often each event was told of it. */
function told(session: TestSession): Map<number, string[]> {
  const all = new Map<number, string[]>();
  for (const json of session.recorded) {
    const message: MetadataTick | TrackEvent = JSON.parse(json);
    if (message.type !== 'track_event' || message.event === 'update') continue;
    all.set(message.after.id, [...(all.get(message.after.id) ?? []), message.event]);
  }
  return all;
}

describe('a whole new process', () => {
  test(
    'takes over under the same session id',
    async () => {
      await using session = await TestSession.start(graphText(chain('realtime')), { record: true });
      await session.until('a track', ({ tracks }) => tracks > 0);
      const { session_id } = session.view;
      const { pid } = session;
      const slower = chain('realtime', { decode: '{ use: decode, from: source, with: { fps: 5 } }' });
      const changed = await session.change(graphText(slower));
      expect(changed).toMatchObject({ how: 'process', nodes: ['decode'] });
      await session.until('a track again', ({ tracks }) => tracks > 0);
      expect(session.view).toMatchObject({ session_id, restarts: 0, state: 'running' });
      expect(session.pid).not.toBe(pid);
      await session.stop();
      for (const events of told(session).values()) expect(events).toMatchObject(['new', 'end']);
    },
    LIMIT_MS,
  );

  test(
    'that can’t be opened is refused: the graph before goes on',
    async () => {
      await using session = await TestSession.start(graphText(chain('realtime')), { record: true });
      await session.state('running');
      const broken = chain('realtime', { broken: `{ use: ${testNode('refuses')}, from: track }` });
      await expect(session.change(graphText(broken))).rejects.toMatchObject({ code: 'refuses' });
      await session.until('a track', ({ tracks }) => tracks > 0);
      expect(session.view).toMatchObject({ restarts: 0, state: 'running' });
    },
    LIMIT_MS,
  );
});

test(
  'the same graph again changes nothing',
  async () => {
    await using session = await TestSession.start(graphText(chain('realtime')));
    expect(await session.change(graphText(chain('realtime')))).toEqual({ how: 'nothing', nodes: [], workers: [] });
  },
  LIMIT_MS,
);
