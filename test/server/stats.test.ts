/** `stats`: what is made of what sessions have counted, and where it comes out. */
import { expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import type { Metrics } from '../../runtime/metrics.ts';
import { NODE_METRICS } from '../../runtime/node-metrics.ts';
import { processUse } from '../../runtime/process-use.ts';
import { StatsBook, type StatsInput } from '../../runtime/server/stats-book.ts';
import type { MeasuredNode, MeasuredSession } from '../../runtime/session/api.ts';
import { CameraStatsSchema, type Stats, StatsSchema } from '../../schemas/stats.ts';
import { until } from '../support/patience.ts';
import { startRig } from './clients.ts';
import { viewOf } from './fake-sessions.ts';
import { bearer, guarded, MINE, OTHER } from './guarded.ts';
import { TopicClient } from './topic-clients.ts';

const SOURCE: Metrics = { ...NODE_METRICS, stalls: { kind: 'counter', name: 'source_stalls', doc: 'x' } };
const DETECT: Metrics = { ...NODE_METRICS, ms: { kind: 'histogram', name: 'inference', doc: 'x' } };

interface Counts {
  readonly reconnects?: number;
  readonly stalls?: number;
  readonly runs?: number;
  readonly restarts?: number;
  readonly fps?: { readonly in: number; readonly out: number };
}

function session({ reconnects = 0, stalls = 0, runs = 0, restarts = 0, fps = { in: 25, out: 20.5 } }: Counts) {
  const node = (id: string, metrics: Metrics, more: Partial<MeasuredNode>): MeasuredNode => {
    return { id, metrics, stats: {}, histograms: {}, waiting: 0, ...more };
  };
  return {
    view: { ...viewOf('s', 'cam'), restarts, fps },
    pid: process.pid,
    nodes: [
      node('source', SOURCE, { stats: { reconnects, stalls } }),
      node('detect', DETECT, { histograms: { ms: { counts: [runs, 0], sum: 1 } } }),
      // It connects to something, too, but not to the stream.
      node('steer', NODE_METRICS, { stats: { reconnects: 100 } }),
    ],
  } satisfies MeasuredSession;
}

const input = (atS: number, counts: Counts): StatsInput => ({
  nowMs: atS * 1000,
  nowUnixMs: 1_730_000_000_000 + atS * 1000,
  sessions: [session(counts)],
  service: { uptime: atS, version: '1', clients: 3, pid: process.pid },
  use: () => ({ cpuS: atS / 2, memoryBytes: 5e8, openFiles: 1 }),
  ptzCommandsPerS: () => 4,
});

test('rates are of the last seconds, sums of the last hour; a process that begins again counts from 0', () => {
  const book = new StatsBook();
  const at = (atS: number, counts: Counts) => book.step(input(atS, counts)).cameras[0];
  at(0, { runs: 0 });
  expect(at(2, { runs: 40, reconnects: 3, stalls: 1 })).toMatchObject({
    ...{ camera_fps: 25, process_fps: 20.5, skipped_fps: 4.5, detection_fps: 20, inference_speed: 8.4 },
    ...{ reconnects_last_hour: 3, stalls_last_hour: 1, connection_quality: 'fair' },
    ...{ cpu: 50, mem_mb: 500, ptz_commands_per_s: 4, dropped: 2, pid: process.pid },
  });
  expect(at(100, { runs: 4000 })?.detection_fps).toBeLessThan(41);
  const again = at(101, { runs: 10, reconnects: 2, stalls: 1, restarts: 1 });
  expect(again).toMatchObject({
    detection_fps: 0,
    reconnects_last_hour: 6,
    stalls_last_hour: 2,
    connection_quality: 'poor',
  });
  expect(at(3605, { reconnects: 2, stalls: 1, restarts: 1 })).toMatchObject({
    reconnects_last_hour: 3,
    stalls_last_hour: 1,
  });
  expect(at(7200, { reconnects: 2, stalls: 1, restarts: 1 })?.connection_quality).toBe('excellent');
  expect(at(7201, { fps: { in: 0, out: 0 } })?.connection_quality).toBe('unusable');
});

test('both forms follow their schemas, and a session that is gone is forgotten', () => {
  const book = new StatsBook();
  const { all, cameras } = book.step({ ...input(1, {}), use: processUse });
  expect([...Value.Errors(StatsSchema, all)]).toEqual([]);
  expect([...Value.Errors(CameraStatsSchema, cameras[0])]).toEqual([]);
  expect(cameras[0]?.mem).toBeGreaterThan(0);
  expect(Object.keys(book.step({ ...input(2, {}), sessions: [] }).all.cameras)).toEqual([]);
});

test('they come by HTTP and as topics: all of them, those of one camera; and in no record', async () => {
  await using rig = startRig();
  rig.sessions.measured = () => [{ ...session({}), view: viewOf(rig.id, 'cam_01') }];
  const client = await TopicClient.open(rig);
  await client.subscribe(['stats', 'cameras/cam_01/stats']);
  await until('both', () => client.taken.length >= 2);
  expect(client.taken.map(({ topic }) => topic).toSorted()).toEqual(['cameras/cam_01/stats', 'stats']);
  const get = async (path: string) => (await (await fetch(`${rig.server.url}${path}`)).json()) as { cameras: object };
  expect(Object.keys((await get('/stats')).cameras)).toEqual(['cam_01']);
  expect(await get(`/sessions/${rig.id}/stats`)).toMatchObject({ type: 'camera_stats', camera_id: 'cam_01' });
  expect(rig.sessions.hub.retained('', 'stats')?.isNews).toBe(false);
});

test('a token of some cameras gets those alone', async () => {
  await using rig = await guarded();
  rig.sessions.measured = () =>
    [MINE, OTHER].map((camera) => ({ ...session({}), view: viewOf(`s-${camera}`, camera) }));
  const ask = async (name: string, cameras: string[] | null) => {
    const answer = await rig.ask('GET', '/stats', { headers: bearer(rig.token(name, 'viewer', { cameras })) });
    const stats = (await answer.json()) as Stats;
    expect([...Value.Errors(StatsSchema, stats)]).toEqual([]);
    return Object.keys(stats.cameras);
  };
  expect(await ask('all', null)).toEqual([MINE, OTHER]);
  expect(await ask('one', [MINE])).toEqual([MINE]);
  expect(await ask('none', ['elsewhere'])).toEqual([]);
});
