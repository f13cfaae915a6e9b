/** Selecting a target over the WebSocket: idle → tracking → searching → lost, with and without an autotrack node. */
import { describe, expect, test } from 'bun:test';
import { RunningCommand } from '../support/command.ts';
import { chain, Folder, graphText } from '../support/graphs.ts';
import { PATIENCE_MS, TEST_LIMIT_MS, until } from '../support/patience.ts';
import { WireClient } from '../support/wire-client.ts';

const GRACE = 'with: { grace_s: 1.5 }';

const GRAPHS = {
  'without autotrack': chain('realtime', { publish: `{ use: publish, from: track, ${GRACE} }` }),
  'with autotrack': chain('realtime', {
    autotrack: `{ use: autotrack, from: track, ${GRACE} }`,
    publish: '{ use: publish, from: [track, autotrack] }',
  }),
};

describe.each(Object.entries(GRAPHS))('%s', (_name, nodes) => {
  test(
    'a target goes through its phases',
    async () => {
      using folder = new Folder();
      const file = folder.write('target.yaml', graphText(nodes));
      await using command = new RunningCommand(['graph', file, '--port', '0']);
      const { url, session } = await command.ready();
      using client = await WireClient.open(url, session);
      const idle = await client.tick('a tick', () => true);
      expect(idle).toMatchObject({ tracking_phase: 'idle', selected_target_id: null });
      expect(idle).not.toHaveProperty('ptz');

      await until('a track', () => (client.ticks.at(-1)?.tracks.length ?? 0) > 0, PATIENCE_MS);
      const target = client.ticks.at(-1)?.tracks[0]?.id ?? 0;
      const reply = await client.ask({ type: 'set_target_id', target_id: target });
      expect(reply).toEqual({ type: 'ack', command: 'set_target_id', target_id: target });
      const phase = (wanted: string, id: number | null) =>
        client.tick(`${wanted} ${id}`, (tick) => tick.tracking_phase === wanted && tick.selected_target_id === id);
      const tracking = await phase('tracking', target);
      expect(tracking.tracks.map(({ id }) => id)).toContain(target);
      expect(await command.sessionView(url, session)).toMatchObject({ selected_target_id: target });

      // One that nobody has ever seen is searched for, and given up after the grace time.
      await client.ask({ type: 'set_target_id', target_id: 987_654 });
      const searching = await phase('searching', 987_654);
      const lost = await phase('lost', 987_654);
      expect(lost.ts_unix_ms - searching.ts_unix_ms).toBeGreaterThan(700);
      const view = await command.sessionView(url, session);
      expect(view).toMatchObject({ selected_target_id: 987_654, tracking_phase: 'lost' });

      expect(await client.ask({ type: 'clear_target' })).toEqual({ type: 'ack', command: 'clear_target' });
      await phase('idle', null);
    },
    TEST_LIMIT_MS,
  );
});
