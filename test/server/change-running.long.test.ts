/** Settings and models of a real session while it runs: what it says goes on, and no process dies of a model. */
import { expect, test } from 'bun:test';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionView } from '../../runtime/session/api.ts';
import { ROOT, RunningCommand } from '../support/command.ts';
import { COMPACT_MODEL, chain, Folder, graphText } from '../support/graphs.ts';
import { LONG_TEST_LIMIT_MS, until } from '../support/patience.ts';
import { WireClient } from '../support/wire-client.ts';
import { crash } from './hostile-models.ts';

test(
  'confidence at 10 Hz of ticks, another model, and one that crashes ONNX Runtime',
  async () => {
    using folder = new Folder();
    mkdirSync(folder.file('state/models'), { recursive: true });
    copyFileSync(COMPACT_MODEL, folder.file('state/models/other.onnx'));
    copyFileSync(join(ROOT, 'models/fast.onnx'), folder.file('state/models/quick.onnx'));
    await Bun.write(folder.file('state/models/crash.onnx'), crash());
    mkdirSync(folder.file('graphs'));
    const publish = '{ use: publish, from: track, with: { hz: 10 } }';
    folder.write('graphs/cam.yaml', graphText(chain('realtime', { publish })));
    await using command = new RunningCommand([
      ...['serve', folder.file('graphs'), '--start', '--port', '0', '--state', folder.file('state')],
    ]);
    const url = await command.url();
    const { session_id } = await command.untilView(url, 'running', ({ state }) => state === 'running');
    const view = (): Promise<SessionView> => command.sessionView(url, session_id);
    using client = await WireClient.open(url, session_id);
    const call = async (method: string, path: string, body?: object) => {
      const answer = await fetch(`${url}${path}`, {
        method,
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    const modelIs = async (name: string) => (await view()).nodes.detect?.model === name;
    const ended = () => client.events.filter(({ event }) => event === 'end').map(({ after: { id } }) => id);

    const tracks = (await client.tick('a track', (tick) => tick.tracks.length > 0)).tracks.map(({ id }) => id);
    for (let i = 0; i < 20; i++) {
      const changed = await call('PATCH', '/settings/cam', { detect: { confidence: i % 2 ? 0.1 : 0.12 } });
      expect(changed).toMatchObject({ status: 200, body: { live: ['cam.detect.confidence'], restarted: [] } });
      // The next tick knows the same tracks; one may have come to its end by itself.
      const { tracks: now } = await client.tick('a tick', () => true);
      expect(tracks.filter((id) => ![...now.map((track) => track.id), ...ended()].includes(id))).toEqual([]);
    }

    for (const name of ['other', 'quick']) {
      const swapped = await call('POST', `/models/${name}/activate`);
      expect(swapped).toMatchObject({ status: 200, body: { restarted: ['cam.detect'] } });
      await until(`${name} runs`, () => modelIs(name));
      await client.tick('a tick of it', () => true);
    }
    expect(await view()).toMatchObject({ state: 'running', restarts: 0 });

    // Tried out elsewhere first, it does not even come to the session.
    expect(await call('POST', '/models/crash/activate')).toMatchObject({
      status: 422,
      body: { error: expect.stringContaining('crashed') },
    });
    expect((await view()).restarts).toBe(0);
    // Given to the session all the same, it takes the process with it, which comes back with the model from before.
    const forced = await call('PATCH', '/settings/cam', { detect: { model: folder.file('state/models/crash.onnx') } });
    expect([forced.status, typeof forced.body.error]).toEqual([422, 'string']);
    await until('that it runs again', async () => (await view()).restarts > 0 && (await view()).state === 'running');
    await client.tick('a tick after it', () => true);
    await until('the model from before', () => modelIs('quick'));
    expect((await call('GET', '/settings/cam')).body).toMatchObject({ detect: { model: 'quick' } });
    expect(client.closed).toBeUndefined();
  },
  LONG_TEST_LIMIT_MS,
);
