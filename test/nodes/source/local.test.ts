/** What is on this machine and is no plain file. Without a camera here, only what is said of one that is not there. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants as os, tmpdir } from 'node:os';
import { join } from 'node:path';
import { sourceError } from '../../../nodes/source/faults.ts';
import { SystemClock } from '../../../runtime/clock.ts';
import type { FrameView } from '../../../runtime/data.ts';
import { errorCode } from '../../../runtime/errors.ts';
import { toJpeg } from '../../../sim/camera/jpeg.ts';
import { VirtualCamera } from '../../../sim/index.ts';
import { openNode, runGraph } from '../../node-runner.ts';

const folder = mkdtempSync(join(tmpdir(), 'windhover-local-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const graph = (params: object) =>
  `source: ${JSON.stringify({ use: 'source', with: { pace: 'asap', ...params } })}\ndecode: { use: decode, from: source }`;

describe('pictures one after the other', () => {
  beforeAll(async () => {
    const camera = new VirtualCamera({ clock: new SystemClock() });
    const picture = await toJpeg(camera.render(0, { width: 64, height: 36 }));
    for (const number of ['007', '008', '009', '020']) await Bun.write(join(folder, `shot${number}.jpg`), picture);
  });

  test.each([
    { name: 'shot*.jpg', params: {}, timesS: [0, 0.04, 0.08, 0.12] },
    { name: 'shot*.jpg', params: { options: { framerate: '2' } }, timesS: [0, 0.5, 1, 1.5] },
    { name: 'shot%03d.jpg', params: { options: { framerate: '10', start_number: 7 } }, timesS: [0, 0.1, 0.2] },
    { name: 'shot0?0.jpg', params: {}, timesS: [0] },
    { name: 'shot*.jpg', params: { start_s: 0.08 }, timesS: [0, 0.04] },
  ])('$name $params', async ({ name, params, timesS }) => {
    const run = await runGraph(graph({ url: join(folder, name), ...params }));
    expect(run.failures).toEqual([]);
    const frames = run.output<FrameView>('decode.frames');
    expect(frames.map(({ meta }) => Math.round(meta.mediaTimeS * 1000) / 1000)).toEqual([...timesS]);
    expect(frames[0]?.meta.size).toEqual({ w: 64, h: 36 });
  });

  test.each(['none*.jpg', 'none%03d.jpg', 'shot%03d.png'])('%s: there are none', async (name) => {
    const run = await runGraph(graph({ url: join(folder, name) }));
    expect(run.failures.map(({ error }) => errorCode(error))).toEqual(['source_not_found']);
  });
});

describe('a camera of this machine', () => {
  const nothing = join(folder, 'video9');
  const noCamera = join(folder, 'shot007.jpg');

  test.each([
    { url: `v4l2:${nothing}`, code: 'source_not_found' },
    { url: `v4l2://${noCamera}`, code: 'source_unreadable' },
  ])('$url: $code, tried again', async ({ url, code }) => {
    const run = await openNode('source', { params: { url }, pace: 'realtime' });
    run.start();
    await run.until(() => run.faults.length >= 2);
    run.stop();
    await run.finished;
    expect(run.failures).toEqual([]);
    expect(run.faults.map(({ fault }) => fault?.code)).toEqual(run.faults.map(() => code));
  });

  test.each([
    { errno: os.errno.EACCES, code: 'source_denied' },
    { errno: os.errno.EBUSY, code: 'source_busy' },
    { errno: os.errno.ENOENT, code: 'source_not_found' },
  ])('what the system says of one, $errno: $code', ({ errno, code }) => {
    expect(sourceError(-errno, 'cannot be opened', 'source_unreadable').code).toBe(code);
  });
});

describe('standard input', () => {
  /** What the source says and gives of what a shell command writes. */
  function play(writer: string, params: object) {
    const script = `
      const { openGraph } = await import('./test/node-runner.ts');
      const { SystemClock } = await import('./runtime/clock.ts');
      const run = await openGraph(${JSON.stringify(graph(params))}, { clock: new SystemClock() });
      run.start();
      await run.finished;
      const codes = [...run.faults.map(({ fault }) => fault?.code ?? null), ...run.failures.map(({ error }) => error.code)];
      console.log(JSON.stringify({ frames: run.output('decode.frames').length, codes }));`;
    const command = ['sh', '-c', `${writer} | '${process.execPath}' -e "$SCRIPT"`];
    const { stdout } = Bun.spawnSync(command, { env: { ...process.env, SCRIPT: script } });
    return JSON.parse(stdout.toString());
  }

  test.each([
    { what: 'a film, every picture of it', writer: 'cat fixtures/sky.mp4', params: {}, frames: 300, codes: [] },
    { what: 'no video', writer: 'echo nothing', params: {}, frames: 0, codes: ['source_unreadable'] },
    { what: 'no video, live', writer: 'echo x', params: { pace: 'realtime' }, frames: 0, codes: ['source_unreadable'] },
  ])('$what', ({ writer, params, frames, codes }) => {
    expect(play(writer, { url: 'pipe:', ...params })).toEqual({ frames, codes });
  });

  test.skipIf(Bun.which('ffmpeg') === null)('a live stream with a pause, to its end', () => {
    // On a busy machine what comes after the pause is late, too, and some of it is lost to attempts that were given up.
    const make = (frames: number) =>
      `ffmpeg -v error -f lavfi -i testsrc2=size=64x48:rate=25 -frames:v ${frames} -c:v mpeg2video -g 5 -f mpegts pipe:1`;
    const params = { url: 'pipe:0', format: 'mpegts', pace: 'realtime', open_timeout_s: 1 };
    const { frames, codes } = play(`(${make(20)}; sleep 2; ${make(500)})`, params);
    // Before it has begun, on a busy machine, it may be late, too.
    expect(codes.slice(codes.indexOf(null), codes.indexOf(null) + 2)).toEqual([null, 'source_stalled']);
    expect(codes.at(-1)).toBeNull();
    expect(frames).toBeGreaterThan(0);
  });

  test.each([{ loop: true }, { start_s: 1 }])('cannot be played twice: %p', async (params) => {
    const opened = openNode('source', { params: { url: 'pipe:', ...params } });
    await expect(opened).rejects.toThrow('standard input can be read only once');
  });
});
