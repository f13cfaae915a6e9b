/** Processes that are killed: the session comes back by itself, and nothing that clients rely on is lost. */
import { describe, expect, test } from 'bun:test';
import type { Outcome } from '../../runtime/engine/messages.ts';
import type { Readiness, SessionView } from '../../runtime/session/api.ts';
import type { MetadataTick } from '../../schemas/index.ts';
import { RunningCommand } from '../support/command.ts';
import { chain, Folder, graphText, LIVE, ONE_TRACK, testNode } from '../support/graphs.ts';
import { PATIENCE_MS, TEST_LIMIT_MS, until } from '../support/patience.ts';
import { isAlive } from '../support/processes.ts';
import { TestSession } from '../support/sessions.ts';
import { WireClient } from '../support/wire-client.ts';

/** The promise is 3 s on a quiet machine; tests may share theirs with others. */
const COMES_BACK_MS = 3000;
const BUSY_FACTOR = 4;

const readiness = async (url: string) => {
  const answer = await fetch(`${url}/readyz`);
  return { status: answer.status, ...((await answer.json()) as Readiness) };
};

const addsUp = ({ frames }: SessionView) => expect(frames.decoded).toBe(frames.processed + frames.dropped);

describe("the session's process is killed", () => {
  test.concurrent(
    'readyz says so, open tracks end, and it is back on the same WebSocket with new ids and the same target',
    async () => {
      await using command = new RunningCommand(LIVE);
      const { url, session } = await command.ready();
      using client = await WireClient.open(url, session);
      await until('two open tracks', () => client.openTracks().length >= 2, PATIENCE_MS);
      const [target = 0] = client.openTracks();
      expect(await client.ask({ type: 'set_target_id', target_id: target })).toMatchObject({ type: 'ack' });
      await client.tick('the target', ({ selected_target_id }) => selected_target_id === target);

      const before = await command.sessionView(url, session);
      const openBefore = client.openTracks();
      const [first = 0] = command.sessions;
      process.kill(first, 'SIGKILL');
      const killedMs = performance.now();
      await until('not ready', () => client.openTracks().length === 0, PATIENCE_MS);
      const { status, reasons } = await readiness(url);
      expect({ status, reasons }).toEqual({
        status: 503,
        reasons: [expect.objectContaining({ session_id: session, camera_id: 'clip', code: 'session_process_died' })],
      });
      expect(reasons[0]?.message).toBe('the session process died: killed by SIGKILL');

      const ticks = client.ticks.length;
      await until('ticks again', () => client.ticks.length > ticks, BUSY_FACTOR * COMES_BACK_MS);
      const backMs = performance.now() - killedMs;
      if (backMs > COMES_BACK_MS) console.log(`back after ${Math.round(backMs)} ms`);
      expect(client.isOpen).toBe(true);
      expect(client.ticks.at(-1)).toMatchObject({ session_id: session, selected_target_id: target });
      expect(client.ticks.at(-1)?.tracking_phase).not.toBe('idle');
      const [second = 0] = command.sessions;
      expect(second).not.toBe(first);

      await until('new tracks', () => client.openTracks().length >= 2, PATIENCE_MS);
      const known = client.events.filter(({ event }) => event === 'new').map(({ after }) => after.id);
      expect(new Set(known).size).toBe(known.length);
      expect(Math.min(...client.openTracks())).toBeGreaterThan(Math.max(...openBefore));
      const view = await command.sessionView(url, session);
      expect(view).toMatchObject({ state: 'running', restarts: 1, fault: null });
      expect((await readiness(url)).status).toBe(200);
      addsUp(view);
      expect(view.frames.decoded).toBeGreaterThan(before.frames.decoded);
      expect(view.frames.processed).toBeGreaterThan(before.frames.processed);

      command.signal('SIGTERM');
      expect((await command.finished()).exitCode).toBe(0);
      await until('closed', () => client.closed !== undefined);
      expect(client.openTracks()).toEqual([]);
      // The client may have come too late for the first `new`, but gets no end twice.
      const ends = client.events.filter(({ event }) => event === 'end').map(({ after }) => after.id);
      expect(new Set(ends).size).toBe(ends.length);
      for (const id of known) expect(ends).toContain(id);
      const died = command.log().filter(({ code }) => code === 'session_process_died');
      expect(died).toEqual([expect.objectContaining({ level: 'error', camera: 'clip', session })]);
    },
    TEST_LIMIT_MS,
  );

  test.concurrent(
    'a target that is chosen while the process is away is taken over',
    async () => {
      await using session = await TestSession.start(graphText(ONE_TRACK));
      await session.state('running');
      process.kill(session.pid ?? 0, 'SIGKILL');
      await session.state('restarting');
      const { session_id } = session.view;
      await session.ask('set_target_id', { target_id: 77 });
      expect(await session.set.request(session_id, 'set_target_id', { target_id: 'x' })).toMatchObject({
        error: { code: 'bad_request' },
      });
      expect(await session.set.request(session_id, 'dance', {})).toMatchObject({ error: { code: 'unknown_request' } });
      await session.state('running');
      await session.until('the target', (view) => view.selected_target_id === 77);
      expect(session.states).toEqual(['running', 'restarting', 'running']);
    },
    TEST_LIMIT_MS,
  );

  test.concurrent(
    'in asap pace too, every frame is accounted for',
    async () => {
      const slow = `{ use: ${testNode('slow-detect')}, from: decode, with: { block_ms: 5 } }`;
      await using session = await TestSession.start(graphText(chain('asap', { detect: slow })));
      await session.until('half way', (view) => view.frames.processed > 100);
      process.kill(session.pid ?? 0, 'SIGKILL');
      const { frames } = await session.state('restarting');
      expect(frames.in_flight).toBe(0);
      addsUp(session.view);
      const view = await session.state('ended');
      addsUp(view);
      expect(view.frames.in_flight).toBe(0);
      expect(view.frames.processed).toBeGreaterThanOrEqual(300 + frames.processed);
      expect(view.frames.decoded).toBe(300 + frames.decoded);
    },
    TEST_LIMIT_MS,
  );
});

test.concurrent(
  'the server is killed: the session leaves by itself',
  async () => {
    await using command = new RunningCommand(LIVE);
    await command.ready();
    const [child = 0] = command.sessions;
    command.signal('SIGKILL');
    await command.finished();
    await until('the session gone', () => !isAlive(child));
  },
  TEST_LIMIT_MS,
);

test.concurrent(
  'realtime with a slow node: the counts add up at every look',
  async () => {
    using folder = new Folder();
    const slow = `{ use: ${testNode('slow-detect')}, from: decode, with: { block_ms: 90 } }`;
    const file = folder.write('slow.yaml', graphText(chain('realtime', { detect: slow })));
    await using command = new RunningCommand(['graph', file, '--port', '0']);
    const { url } = await command.ready();
    let before: SessionView['frames'] = { decoded: 0, processed: 0, dropped: 0, in_flight: 0 };
    let looks = 0;
    const view = await command.untilView(url, 'many drops', (now) => {
      addsUp(now);
      for (const name of ['decoded', 'processed', 'dropped'] as const) {
        expect(now.frames[name]).toBeGreaterThanOrEqual(before[name]);
      }
      before = now.frames;
      looks += 1;
      return now.frames.dropped >= 30;
    });
    expect(looks).toBeGreaterThan(20);
    expect(view.fps.in).toBeGreaterThan(1.5 * view.fps.out);
  },
  TEST_LIMIT_MS,
);

test.concurrent(
  'commands at the very moment of a death do no harm, and the last one holds',
  async () => {
    await using session = await TestSession.start(graphText(ONE_TRACK));
    await session.state('running');
    const { pid = 0, view } = session;
    process.kill(pid, 'SIGKILL');
    let sent = 0;
    const outcomes: Promise<Outcome>[] = [];
    while (session.view.state === 'running') {
      outcomes.push(session.set.request(view.session_id, 'set_target_id', { target_id: ++sent }));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sent).toBeGreaterThan(0);
    // On a machine that takes longer than the bound to bring the process back, they are to be asked again.
    const codes = (await Promise.all(outcomes)).map((outcome) => ('error' in outcome ? outcome.error.code : 'taken'));
    expect(new Set(codes).isSubsetOf(new Set(['taken', 'request_timeout', 'too_many_requests']))).toBe(true);
    if (codes.at(-1) !== 'taken') await session.ask('set_target_id', { target_id: sent });
    await session.until('the last target', ({ selected_target_id }) => selected_target_id === sent);
    expect(session.view.restarts).toBe(1);
  },
  TEST_LIMIT_MS,
);

test.concurrent(
  'a target that autotrack has given another id is still that one after a death',
  async () => {
    const nodes = {
      renamed: `{ use: ${testNode('renamed')} }`,
      autotrack: '{ use: autotrack, from: renamed }',
      publish: '{ use: publish, from: [renamed, autotrack], with: { hz: 100 } }',
    };
    await using session = await TestSession.start(graphText(nodes), { record: true });
    const targets = () =>
      session.recorded
        .map((json) => JSON.parse(json) as MetadataTick)
        .filter(({ type }) => type === 'metadata_tick')
        .map(({ selected_target_id }) => selected_target_id);
    await session.until('the old id', ({ nodes }) => Number(nodes.renamed?.seen_as_17) > 10);
    await session.ask('rename', {});
    // Long enough for autotrack to give 17 up, so that no tick says 17; short enough to know what 17 was.
    await session.until('the new id alone', ({ nodes }) => Number(nodes.renamed?.seen_as_23) > 8);
    await session.ask('set_target_id', { target_id: 17 });
    await session.until('the new id selected', ({ selected_target_id }) => selected_target_id === 23);
    process.kill(session.pid ?? 0, 'SIGKILL');
    await session.state('restarting');
    expect(targets()).not.toContain(17);
    const before = targets().length;
    await session.state('running');
    await until('ticks again', () => targets().length > before + 5, PATIENCE_MS);
    expect(new Set(targets().slice(before))).toEqual(new Set([23]));
    expect(session.view).toMatchObject({ selected_target_id: 23, tracking_phase: 'tracking' });
  },
  TEST_LIMIT_MS,
);

test.concurrent(
  'a stop at the very moment of a death',
  async () => {
    await using session = await TestSession.start(graphText(ONE_TRACK));
    await session.state('running');
    process.kill(session.pid ?? 0, 'SIGKILL');
    expect((await session.stop()).state).toBe('stopped');
  },
  TEST_LIMIT_MS,
);
