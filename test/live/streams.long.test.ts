/** Live streams by FFmpeg other than RTSP, whose pictures show when they were taken. */
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGraph } from '../node-runner.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';
import { FfmpegPeer, hasFfmpeg } from './ffmpeg-peer.ts';
import { freePort, quantile, Watch } from './peers.ts';

setDefaultTimeout(TEST_LIMIT_MS);

const MOST_OFF_MS = 40;
const offMs = (watch: Watch, from: number) => Math.abs(quantile(watch.errorsMs.slice(from), 0.5));

/** Sends what FFmpeg writes to each client, as it comes. */
function webServer(open: () => FfmpegPeer, type: string) {
  const peers: FfmpegPeer[] = [];
  const fetch = () => {
    const peer = open();
    peers.push(peer);
    return new Response(peer.stdout, { headers: { 'content-type': type } });
  };
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, idleTimeout: 0, fetch });
  return {
    url: `http://127.0.0.1:${server.port}/live`,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(peers.map((peer) => peer[Symbol.asyncDispose]()));
      await server.stop(true);
    },
  };
}

describe.skipIf(!hasFfmpeg())('a live stream', () => {
  test('MPEG-TS over HTTP', async () => {
    await using server = webServer(() => new FfmpegPeer('-f mpegts -flush_packets 1 pipe:1'), 'video/mp2t');
    await using watch = await Watch.open({ url: server.url });
    await watch.run.until(() => watch.seen.length >= 60);
    expect(watch.faults).toEqual([null]);
    expect(offMs(watch, 20)).toBeLessThan(MOST_OFF_MS);
  });

  test('MPEG-TS over UDP', async () => {
    const url = `udp://127.0.0.1:${freePort()}`;
    await using _peer = new FfmpegPeer(`-f mpegts ${url}?pkt_size=1316`);
    await using watch = await Watch.open({ url });
    await watch.run.until(() => watch.seen.length >= 60);
    expect(offMs(watch, 20)).toBeLessThan(MOST_OFF_MS);
  });

  test('RTMP', async () => {
    const url = `rtmp://127.0.0.1:${freePort()}/live/x`;
    await using _peer = new FfmpegPeer(`-f flv -listen 1 ${url}`);
    await using watch = await Watch.open({ url });
    await watch.run.until(() => watch.seen.length >= 60);
    expect(watch.faults.at(-1)).toBeNull();
    expect(offMs(watch, 20)).toBeLessThan(MOST_OFF_MS);
  });

  test('HLS: every picture, at the pace at which they were taken', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'windhover-hls-'));
    try {
      await using _peer = new FfmpegPeer(`-f hls -hls_time 1 -hls_list_size 6 ${folder}/x.m3u8`);
      const fetch = async ({ url }: Request) => {
        const file = Bun.file(join(folder, new URL(url).pathname));
        return (await file.exists()) ? new Response(file) : new Response('', { status: 404 });
      };
      await using server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch });
      await using watch = await Watch.open({ url: `http://127.0.0.1:${server.port}/x.m3u8` });
      await watch.run.until(() => watch.seen.length >= 120);
      expect(watch.run.stats('decode').decoded).toBe(watch.seen.length);
      const taken = watch.seen.map(({ takenUnixMs }) => takenUnixMs);
      const stepsMs = taken.slice(1).map((ms, i) => ms - (taken[i] ?? 0));
      expect(quantile(stepsMs, 0.5)).toBeLessThan(60);
      const claimed = watch.seen.map(({ meta }) => meta.captureMonoMs);
      const wrongMs = claimed.slice(1).map((ms, i) => Math.abs(ms - (claimed[i] ?? 0) - (stepsMs[i] ?? 0)));
      expect(quantile(wrongMs, 0.5)).toBeLessThan(15);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

test.skipIf(!hasFfmpeg())('pictures drawn upon a damaged one are left out, until the next key frame', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'windhover-damage-')), 'x.ts');
  const make = '-f lavfi -i testsrc2=size=320x240:rate=25 -frames:v 100 -c:v libx264 -bf 0 -g 25 -preset veryfast';
  Bun.spawnSync(['ffmpeg', '-v', 'error', ...make.split(' '), file]);
  const bytes = await Bun.file(file).bytes();
  // In the middle of the second of four groups.
  const middle = 188 * Math.floor((bytes.length * 3) / 8 / 188);
  for (let at = middle; at < middle + 188 * 3; at += 188) bytes.fill(0x5a, at + 20, at + 188);
  // Bit by bit, so that nobody knows its length: then it is a camera.
  async function* parts() {
    for (let at = 0; at < bytes.length; at += 18_800) {
      yield bytes.subarray(at, at + 18_800);
      await Bun.sleep(1);
    }
  }
  const stream = () => new Response(parts(), { headers: { 'content-type': 'video/mp2t' } });
  await using server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: stream });
  const source = JSON.stringify({ use: 'source', with: { url: `http://127.0.0.1:${server.port}/x`, pace: 'asap' } });
  const run = await openGraph(`source: ${source}\ndecode: { use: decode, from: source }`);
  run.start();
  const faultsOf = (id: string) => run.faults.flatMap(({ node, fault }) => (node === id ? [fault?.code ?? null] : []));
  await run.until(() => faultsOf('source').length >= 2);
  run.stop();
  await run.finished;
  expect(faultsOf('decode').slice(0, 2)).toEqual(['decode_damaged', null]);
  const { decoded = 0, after_damage: leftOut = 0 } = run.stats('decode');
  expect(Number(leftOut)).toBeGreaterThan(0);
  expect(Number(leftOut)).toBeLessThan(25);
  expect(Number(decoded)).toBeGreaterThanOrEqual(98);
  rmSync(file);
});
