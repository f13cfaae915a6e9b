/** `virtual-ptz`: in this process, driven over the board, and one that runs by itself, over HTTP. */
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '../../../runtime/clock.ts';
import { boardTopics, type FrameView, type HeadNews, PACKET_TICKS_PER_S } from '../../../runtime/node.ts';
import { CameraServer } from '../../../sim/camera/server.ts';
import { loadScene, VirtualCamera } from '../../../sim/index.ts';
import { type NodeRun, openGraph, openNode } from '../../node-runner.ts';
import { TEST_LIMIT_MS } from '../../support/patience.ts';
import type { RecordedPacket } from '../fragment.ts';

const SIZE = { width: 64, height: 36 };

/** Camera and decoder; frames come as 64×36 grey. */
function openCamera(params: object, clock = new SystemClock()): Promise<NodeRun> {
  const nodes = `source: { use: virtual-ptz, with: ${JSON.stringify(params)} }\ndecode: { use: decode, from: source }`;
  const frames = { ...SIZE, format: 'gray8', fit: 'stretch' } as const;
  return openGraph(nodes, { clock, pace: 'realtime', frames });
}

const framesOf = (run: NodeRun) => run.output<FrameView>('decode.frames');
const headOf = (run: NodeRun) =>
  run.posts.filter(({ topic }) => topic === 'head').map(({ value }) => value as HeadNews);

async function withScene(scene: object, use: (file: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'windhover-scene-'));
  try {
    const file = join(folder, 'scene.json');
    writeFileSync(file, JSON.stringify(scene));
    await use(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function end(run: NodeRun): Promise<void> {
  run.stop();
  await run.finished;
}

describe('in this process', () => {
  test('pictures come at their rate, each with the time at which it was taken', async () => {
    const clock = new SystemClock();
    const params = { fps: 50, size: [64, 36] };
    const run = await openNode('virtual-ptz', { params, clock, pace: 'realtime' });
    const packets = () => run.output<RecordedPacket>('node.packets');
    const beganMs = clock.monoMs();
    run.start();
    await run.until(() => packets().length >= 20);
    const tookMs = clock.monoMs() - beganMs;
    await end(run);
    expect(tookMs).toBeGreaterThan(19 * 20 - 5);
    const timesMs = packets().map(({ pts, originMonoMs }) => {
      return originMonoMs + (Number(pts) / PACKET_TICKS_PER_S) * 1000;
    });
    expect(timesMs[0]).toBeCloseTo(packets()[0]?.originMonoMs ?? 0, 2);
    expect(timesMs[0]).toBeGreaterThanOrEqual(beganMs);
    expect(timesMs.at(-1)).toBeLessThanOrEqual(clock.monoMs());
    expect(packets().every(({ bytes, generation }) => bytes === (64 * 36 * 3) / 2 && generation === 1)).toBe(true);
    expect(run.faults.filter(({ fault }) => fault !== null)).toEqual([]);
    expect(run.failures).toEqual([]);
  });

  test('what is decoded is what the camera saw', async () => {
    await withScene({ targets: [] }, async (file) => {
      const run = await openCamera({ scene: file, fps: 30, size: [64, 36] });
      run.start();
      await run.until(() => framesOf(run).length >= 2);
      await end(run);
      // The same scene, a camera of our own: the clouds drift by less than a grey level meanwhile.
      const twin = new VirtualCamera({ clock: new SystemClock(), scene: loadScene(file) }).render(0, SIZE).planes.y
        .data;
      const first = framesOf(run)[0]?.data ?? new Uint8Array();
      expect(first).toHaveLength(64 * 36);
      const off = first.map((value, i) => Math.abs(value - fullRange(twin[i] ?? 0)));
      expect(Math.max(...off)).toBeLessThanOrEqual(3);
    });
  });

  test('motor commands on the board turn it, and it tells where it points', async () => {
    const run = await openCamera({ fps: 30, size: [64, 36] });
    run.start();
    await run.until(() => headOf(run).length >= 2);
    expect(headOf(run)[0]).toMatchObject({
      axes: { pan: { position: 0, rate: 0, moving: false } },
      spec: { pan: { min: -180, max: 180, maxRate: 90 }, zoom: { min: 0, max: 1 } },
      hfovDeg: 60,
    });
    run.post(boardTopics.motors, { kind: 'rate', rates: { pan: 40 }, forS: 0.5 });
    await run.until(() => headOf(run).some(({ axes }) => axes.pan.rate === 40 && axes.pan.moving));
    // The lease ends, nobody renews it.
    await run.until(() => headOf(run).at(-1)?.axes.pan.moving === false);
    const { position, rate } = headOf(run).at(-1)?.axes.pan ?? {};
    expect(rate).toBe(0);
    expect(position).toBeGreaterThan(15);
    expect(position).toBeLessThan(25);
    await end(run);
  });

  test('a scene file says what there is to see, and where the camera looks', async () => {
    await withScene({ home: { pan_deg: 33 }, targets: [] }, async (file) => {
      const run = await openCamera({ scene: file, size: [64, 36] });
      run.start();
      await run.until(() => headOf(run).length > 0);
      expect(headOf(run)[0]?.axes.pan.position).toBe(33);
      await end(run);
    });
  });

  test.each([
    ['a scene that is none', { targets: [{ id: 1, label: 'drone' }] }, /targets\/0: needs either path or random/],
    ['an unknown key', { targets: [], sky: 'blue' }, /sky/],
  ])('%s is refused before anything starts', async (_what, scene, expected) => {
    await withScene(scene, async (file) => {
      await expect(openCamera({ scene: file })).rejects.toThrow(expected);
    });
  });

  test.each([
    ['a missing scene', { scene: '/no/such/scene.json' }, '/no/such/scene.json: cannot be read'],
    ['an odd size', { size: [641, 360] }, 'multiple of 2'],
    ['a rate of none', { fps: 0 }, 'fps'],
    ['a scene for a camera that has its own', { url: 'http://10.0.0.5:8000', scene: '/a.json' }, 'its own scene'],
    ['a profile without a camera that has any', { profile: 'profile_sub' }, 'profile needs url'],
    ['an address that is none', { url: '10.0.0.5:8000' }, 'url'],
  ])('%s is refused', async (_what, params, expected) => {
    await expect(openCamera(params)).rejects.toThrow(expected);
  });

  test('the address that it had is refused, and the node named', async () => {
    const opening = openNode('source', { params: { url: 'virtual-ptz:?fps=15' } });
    await expect(opening).rejects.toThrow('use: virtual-ptz');
  });
});

describe('one that runs by itself', () => {
  const start = (clock: SystemClock, port = 0) =>
    CameraServer.start({
      clock,
      credentials: { user: 'admin', password: 'secret' },
      version: '0.0.1',
      host: '127.0.0.1',
      port,
    });

  test(
    'its pictures come with the time of this machine',
    async () => {
      const clock = new SystemClock();
      await using server = await start(clock);
      const run = await openCamera({ url: server.origin, profile: 'profile_sub', fps: 20 }, clock);
      run.start();
      await run.until(() => framesOf(run).length >= 5);
      await end(run);
      const metas = framesOf(run).map(({ meta }) => meta);
      expect(metas[0]?.size).toEqual({ w: 640, h: 360 });
      for (const { captureMonoMs, decodedMonoMs } of metas) {
        expect(decodedMonoMs - captureMonoMs).toBeGreaterThanOrEqual(-2);
        expect(decodedMonoMs - captureMonoMs).toBeLessThan(1000);
      }
    },
    TEST_LIMIT_MS,
  );

  test(
    'when it is gone that is a fault, and it is found again',
    async () => {
      const clock = new SystemClock();
      let server = await start(clock);
      const { port } = server;
      const run = await openCamera({ url: server.origin, profile: 'profile_sub', fps: 20 }, clock);
      run.start();
      await run.until(() => framesOf(run).length >= 2);
      await server.stop();
      await run.until(() => run.faults.at(-1)?.fault?.code === 'source_lost');
      const before = framesOf(run).length;
      server = await start(clock, port);
      await run.until(() => framesOf(run).length > before);
      await end(run);
      await server.stop();
      expect(run.faults.at(-1)?.fault).toBe(null);
      expect(run.stats('source').reconnects).toBeGreaterThan(0);
      const times = framesOf(run).map(({ meta }) => meta.mediaTimeS);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    },
    TEST_LIMIT_MS,
  );

  test('its pictures come in the size that is asked for', async () => {
    const clock = new SystemClock();
    await using server = await start(clock);
    const run = await openCamera({ url: server.origin, size: [SIZE.width, SIZE.height], fps: 20 }, clock);
    run.start();
    await run.until(() => framesOf(run).length >= 2);
    await end(run);
    expect(framesOf(run)[0]?.meta.size).toEqual({ w: SIZE.width, h: SIZE.height });
  });

  test('an address that is no virtual camera is told', async () => {
    const other = Bun.serve({ port: 0, fetch: () => new Response('hello') });
    const run = await openCamera({ url: `http://127.0.0.1:${other.port}` });
    run.start();
    await run.until(() => run.faults.length > 0);
    await end(run);
    await other.stop(true);
    expect(run.faults[0]?.fault).toMatchObject({ code: 'source_unreadable' });
    expect(run.faults[0]?.fault?.message).toContain('bun run camera');
  });
});

/** BT.601 luma from 16–235 to 0–255, as the converter does. */
function fullRange(luma: number): number {
  return Math.min(255, Math.max(0, Math.round(((luma - 16) * 255) / 219)));
}
