import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { SystemClock } from '../../../runtime/clock.ts';
import { type FrameView, PACKET_TICKS_PER_S } from '../../../runtime/data.ts';
import { errorCode, toRecord } from '../../../runtime/errors.ts';
import { toJpeg } from '../../../sim/camera/jpeg.ts';
import { CameraServer } from '../../../sim/camera/server.ts';
import { VirtualCamera } from '../../../sim/index.ts';
import { type NodeRun, openGraph, openNode, runGraph, runNode } from '../../node-runner.ts';
import type { RecordedPacket } from '../fragment.ts';

const SKY = 'fixtures/sky.mp4';
const frames = truthHeader().frames;

const play = (params: object) => runNode('source', { params: { pace: 'asap', ...params } });
const packetsOf = (run: NodeRun) => run.output<RecordedPacket>('node.packets');
const decoded = (with_: object) =>
  `source: ${JSON.stringify({ use: 'source', with: { pace: 'asap', ...with_ } })}\ndecode: { use: decode, from: source }`;
const framesOf = (run: NodeRun) => run.output<FrameView>('decode.frames');

describe('a file', () => {
  test('is played to its end: as many packets as the truth has frames', async () => {
    const run = await play({ url: SKY });
    expect(run.failures).toEqual([]);
    const packets = packetsOf(run);
    expect(packets).toHaveLength(frames);
    expect(packets[0]?.isKeyframe).toBe(true);
    expect(packets[0]?.frameRate).toBe(25);
    expect(run.stats('node').progress).toBe(1);
    expect(run.logs).toEqual([]);
  });

  test('in realtime it is held to its own speed', async () => {
    const clock = new SystemClock();
    const run = await openNode('source', { params: { url: SKY }, clock });
    const beganMs = clock.monoMs();
    run.start();
    await run.until(() => packetsOf(run).length >= 6);
    // The sixth frame is due 200 ms after the first; timers may be a little early.
    expect(clock.monoMs() - beganMs).toBeGreaterThan(190);
    run.stop();
    await run.finished;
    expect(packetsOf(run).length).toBeLessThan(frames);
  });

  test('start_s skips to that very frame, also between key frames', async () => {
    const run = await runGraph(decoded({ url: SKY, start_s: 11.48 }));
    expect(framesOf(run).map(({ meta }) => Math.round(meta.mediaTimeS * 1000))).toEqual(
      Array.from({ length: frames - 287 }, (_, i) => i * 40),
    );
    const whole = await runGraph(decoded({ url: SKY }));
    expect(framesOf(run)[0]?.data).toEqual(framesOf(whole)[287]?.data ?? new Uint8Array());
  });

  test('start_s at or beyond the end plays nothing more than what is there', async () => {
    const run = await runGraph(decoded({ url: SKY, start_s: 500 }));
    expect(run.failures).toEqual([]);
    expect(framesOf(run)).toEqual([]);
  });
});

test('JPEGs over HTTP have no times of their own: they are those of their arrival', async () => {
  const clock = new SystemClock();
  const credentials = { user: 'admin', password: 'secret' };
  await using camera = await CameraServer.start({ clock, credentials, version: '0.0.1', host: '127.0.0.1', port: 0 });
  const url = `${camera.origin}/debug/video?size=64x36&fps=20`;
  const run = await openGraph(decoded({ url, pace: 'realtime' }), { clock });
  run.start();
  await run.until(() => framesOf(run).length >= 8);
  run.stop();
  await run.finished;
  const metas = framesOf(run).map(({ meta }) => meta);
  expect(metas.map(({ captureClock }) => captureClock)).toEqual(metas.map(() => 'arrival'));
  expect(metas.every(({ captureMonoMs, decodedMonoMs }) => captureMonoMs <= decodedMonoMs + 1)).toBe(true);
  // FFmpeg would count in steps of 40 ms.
  const offGridMs = metas.map(({ mediaTimeS }) => Math.abs(mediaTimeS * 1000 - 40 * Math.round(mediaTimeS * 25)));
  expect(Math.max(...offGridMs)).toBeGreaterThan(0.5);
});

describe('a loop', () => {
  test('goes on in media time and begins a new generation', async () => {
    const run = await openNode('source', { params: { url: SKY, pace: 'asap', loop: true } });
    run.start();
    await run.until(() => packetsOf(run).length > 2 * frames + 10);
    run.stop();
    await run.finished;
    const packets = packetsOf(run);
    expect(packets[frames - 1]?.generation).toBe(1);
    expect(packets[frames]?.generation).toBe(2);
    expect(packets[2 * frames]?.generation).toBe(3);
    packets.slice(0, 2 * frames).forEach((packet, i) => {
      expect(mediaTimeS(packet)).toBeCloseTo(i / 25, 6);
    });
  });

  test('from the middle: the same frames every time round, without a gap', async () => {
    const run = await openGraph(decoded({ url: SKY, start_s: 11.48, loop: true }));
    run.start();
    const round = frames - 287;
    await run.until(() => framesOf(run).length >= 3 * round);
    run.stop();
    await run.finished;
    const played = framesOf(run).slice(0, 3 * round);
    expect(played.map(({ meta }) => Math.round(meta.mediaTimeS * 25))).toEqual(played.map((_, i) => i));
    expect(played.map(({ meta }) => meta.index)).toEqual(played.map((_, i) => i));
    for (const i of [0, 5, round - 1]) expect(played[round + i]?.data).toEqual(played[i]?.data ?? new Uint8Array());
  });
});

describe('what cannot be played', () => {
  test.each([
    { why: 'a file that is not there', url: 'fixtures/none.mp4', code: 'source_not_found', text: 'no such file' },
    { why: 'a folder', url: 'fixtures', code: 'source_unreadable', text: 'a folder' },
    { why: 'a text', url: 'fixtures/broken/not-a-video.mp4', code: 'source_unreadable', text: 'cannot be opened' },
    { why: 'a text of another name', url: 'fixtures/README.md', code: 'source_unreadable', text: 'README.md' },
  ])('$why fails for good with $code', async ({ url, code, text }) => {
    const run = await play({ url });
    expect(run.failures.map(({ error }) => errorCode(error))).toEqual([code]);
    const record = toRecord(run.failures[0]?.error);
    expect(record.permanent).toBe(true);
    expect(record.message).toContain(text);
    expect(run.output('end')).toHaveLength(1);
  });

  test('a file that was cut short is played as far as it goes, and said to be short', async () => {
    const run = await runGraph(decoded({ url: 'fixtures/broken/cut-short.mp4' }));
    expect(run.failures).toEqual([]);
    expect(framesOf(run)).toHaveLength(33);
    expect(run.logs.find(({ node }) => node === 'source')?.fields).toMatchObject({ code: 'source_cut_short' });
  });

  test.each([1, 2])('corrupt packets are counted, the rest is played (decoder threads: %p)', async (threads) => {
    const file = 'fixtures/broken/corrupt.mp4';
    const source = JSON.stringify({ use: 'source', with: { url: file, pace: 'asap' } });
    const run = await runGraph(
      `source: ${source}\ndecode: { use: decode, from: source, with: { threads: ${threads} } }`,
    );
    expect(run.failures).toEqual([]);
    expect(run.stats('decode')).toMatchObject({ decoded: 45, corrupt_packets: 5 });
    expect(framesOf(run)).toHaveLength(45);
    expect(run.logs.filter(({ fields }) => fields?.code === 'corrupt_packets')).toHaveLength(1);
  });
});

describe('a camera that is off', () => {
  test.each(['http://127.0.0.1:1/video', 'rtsp://admin:geheim@127.0.0.1:1/sub', 'rtsp://127.0.0.1:1/sub'])(
    '%s: a fault, tried again, stopped when asked to',
    async (url) => {
      const run = await openNode('source', { params: { url }, pace: 'realtime' });
      run.start();
      await run.until(() => run.faults.length >= 2);
      run.stop();
      await run.finished;
      expect(run.failures).toEqual([]);
      for (const { node, fault } of run.faults) {
        expect(node).toBe('node');
        expect(fault?.code).toBe('source_refused');
        expect(fault?.message).toContain('Connection refused');
      }
      expect(run.stats('node').reconnects).toBe(run.faults.length);
      expect(JSON.stringify([run.faults, run.logs, run.stats('node')])).not.toContain('geheim');
    },
  );

  test.each([
    { status: 404, code: 'source_not_found' },
    { status: 401, code: 'source_login' },
    { status: 403, code: 'source_login' },
    { status: 500, code: 'source_busy' },
    { status: 429, code: 'source_busy' },
    { status: 410, code: 'source_unreadable' },
  ])('a server that answers $status: $code', async ({ status, code }) => {
    const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('', { status }) });
    const run = await openNode('source', { params: { url: `http://127.0.0.1:${server.port}/x` }, pace: 'realtime' });
    run.start();
    await run.until(() => run.faults.length >= 1);
    run.stop();
    await run.finished;
    await server.stop(true);
    expect(run.faults[0]?.fault?.code).toBe(code);
  });

  test('one that accepts and says nothing: a timeout, and no longer than the read that is stopped', async () => {
    const silent = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } });
    try {
      const params = { url: `http://127.0.0.1:${silent.port}/video`, open_timeout_s: 0.2 };
      const run = await openNode('source', { params, pace: 'realtime' });
      run.start();
      await run.until(() => run.faults.length >= 1);
      expect(run.faults[0]?.fault?.code).toBe('source_timeout');
      run.stop();
      await run.finished;
    } finally {
      silent.stop(true);
    }
  });

  test('a stop while it is being opened ends the run, long before the timeout', async () => {
    let connected = false;
    const open = () => {
      connected = true;
    };
    const silent = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { open, data: () => undefined } });
    try {
      const params = { url: `rtsp://127.0.0.1:${silent.port}/sub`, open_timeout_s: 120 };
      const run = await openNode('source', { params, pace: 'realtime' });
      run.start();
      await run.until(() => connected);
      run.stop();
      await run.finished;
      expect(run.faults).toEqual([]);
    } finally {
      silent.stop(true);
    }
  });

  test('leaves no timer behind: a process with nothing else to do ends', () => {
    const script = `
      const { MediaInput } = await import('./nodes/source/media-input.ts');
      for (const url of ['rtsp://127.0.0.1:1/a', 'http://127.0.0.1:1/a', 'fixtures/README.md']) {
        const options = { stream: undefined, timeoutS: 120, signal: new AbortController().signal };
        const { addressOf } = await import('./nodes/source/address.ts');
        await MediaInput.open(addressOf({ url }), options).catch((error) => console.log(error.code));
        Bun.gc(true);
      }`;
    const { stdout, exitCode } = Bun.spawnSync([process.execPath, '-e', script], {
      cwd: `${import.meta.dir}/../../..`,
    });
    expect(stdout.toString().trim().split('\n')).toEqual(['source_refused', 'source_refused', 'source_unreadable']);
    expect(exitCode).toBe(0);
  });
});

test('a film from a web server ends like a file', async () => {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response(Bun.file(SKY)) });
  try {
    const run = await play({ url: `http://127.0.0.1:${server.port}/sky.mp4` });
    expect(packetsOf(run)).toHaveLength(frames);
    expect(run.faults).toEqual([{ node: 'node', fault: null }]);
  } finally {
    await server.stop(true);
  }
});

function mediaTimeS({ pts }: RecordedPacket): number {
  return Number(pts) / PACKET_TICKS_PER_S;
}

/** First line of the clip's truth file. */
function truthHeader(): { frames: number } {
  return JSON.parse(readFileSync('fixtures/sky.truth.jsonl', 'utf8').split('\n')[0] ?? '');
}

test('an address of one JPEG is asked again and again: each picture counts as taken when it arrives', async () => {
  const picture = await jpeg();
  let asked = 0;
  const fetch = () => {
    asked += 1;
    return new Response(picture, { headers: { 'content-type': 'image/jpeg' } });
  };
  await using server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch });
  const url = `http://127.0.0.1:${server.port}/snapshot.jpg`;
  const run = await openGraph(decoded({ url, pace: 'realtime' }), { clock: new SystemClock() });
  run.start();
  await run.until(() => framesOf(run).length >= 3);
  run.stop();
  await run.finished;
  expect(asked).toBeLessThanOrEqual(framesOf(run).length + 1);
  const times = framesOf(run).map(({ meta }) => meta.mediaTimeS);
  expect(times[2] ?? 0).toBeGreaterThan(0.8);
  expect(framesOf(run).every(({ meta }) => meta.captureClock === 'arrival')).toBe(true);
  expect(run.faults.every(({ fault }) => fault === null)).toBe(true);
});

function jpeg(): Promise<Uint8Array<ArrayBuffer>> {
  return toJpeg(new VirtualCamera({ clock: new SystemClock() }).render(0, { width: 64, height: 36 }));
}
