/** Files of many kinds, made by FFmpeg here: every picture once, at its own time, as ffprobe counts them. */
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FrameRequest, FrameView } from '../../runtime/data.ts';
import { openGraph, runGraph } from '../node-runner.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';
import { hasFfmpeg } from './ffmpeg-peer.ts';

setDefaultTimeout(TEST_LIMIT_MS);

const folder = mkdtempSync(join(tmpdir(), 'windhover-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PICTURES = '-f lavfi -i testsrc2=size=64x48:rate=25';
const X264 = '-c:v libx264 -preset veryfast -g 10 -bf 2';
const FILES = [
  { name: 'bframes.h264', make: `${PICTURES} -frames:v 25 ${X264}` },
  { name: 'bframes.hevc', make: `${PICTURES} -frames:v 25 -c:v libx265 -x265-params log-level=none:bframes=2` },
  { name: 'plain.h264', make: `${PICTURES} -frames:v 25 ${X264} -bf 0` },
  { name: 'bframes.ts', make: `${PICTURES} -frames:v 50 ${X264}` },
  { name: 'one-group.ts', make: `${PICTURES} -frames:v 25 ${X264} -g 100` },
  { name: 'bframes.mp4', make: `${PICTURES} -frames:v 50 ${X264}` },
  { name: 'fragments.mp4', make: `${PICTURES} -frames:v 50 ${X264} -movflags frag_keyframe+empty_moov` },
  { name: 'bframes.mkv', make: `${PICTURES} -frames:v 50 ${X264}` },
  { name: 'one-fps.mp4', make: `-f lavfi -i testsrc2=size=64x48:rate=1 -frames:v 20 ${X264}` },
  { name: 'gap.mp4', make: `${PICTURES} -frames:v 50 -vf setpts=PTS+gte(N\\,25)*60/TB -fps_mode vfr ${X264}` },
  { name: 'plain.avi', make: `${PICTURES} -frames:v 25 -c:v mjpeg` },
  { name: 'ten-bit.mkv', make: `${PICTURES} -frames:v 25 ${X264} -pix_fmt yuv420p10le` },
  { name: 'four-two-two.mkv', make: `${PICTURES} -frames:v 25 ${X264} -pix_fmt yuv422p` },
  { name: 'odd.mkv', make: '-f lavfi -i testsrc2=size=63x47:rate=25 -frames:v 10 -c:v ffv1' },
  {
    name: 'uneven.mkv',
    make: `${PICTURES} -frames:v 40 -vf setpts=PTS+not(mod(N\\,3))*0.013/TB -fps_mode vfr ${X264}`,
  },
  {
    name: 'fields.mkv',
    make: `${PICTURES} -frames:v 25 -vf interlace ${X264} -flags +ilme+ildct`,
    says: ['decode_interlaced'],
  },
  { name: 'open-groups.ts', make: `${PICTURES} -frames:v 50 ${X264} -x264-params open-gop=1:keyint=10` },
  { name: 'mpeg2.mpg', make: `${PICTURES} -frames:v 40 -c:v mpeg2video -bf 2 -g 12` },
  { name: 'mpeg2.ts', make: `${PICTURES} -frames:v 40 -c:v mpeg2video -bf 2 -g 12` },
  { name: 'vp9.webm', make: `${PICTURES} -frames:v 25 -c:v libvpx-vp9 -cpu-used 8 -auto-alt-ref 1 -lag-in-frames 10` },
  { name: 'with-sound.mp4', make: `${PICTURES} -f lavfi -i sine=d=3 -frames:v 25 ${X264} -c:a aac` },
  { name: 'late-start.mp4', make: `${PICTURES} -frames:v 25 ${X264} -output_ts_offset 5` },
  { name: 'wrap.ts', make: `${PICTURES} -frames:v 50 ${X264} -output_ts_offset 95442.7` },
  { name: 'flash.flv', make: `${PICTURES} -frames:v 25 ${X264}` },
  { name: 'one.mp4', make: `${PICTURES} -frames:v 1 ${X264}` },
  { name: 'one.h264', make: `${PICTURES} -frames:v 1 ${X264}` },
  { name: 'pictures.mjpeg', make: `${PICTURES} -frames:v 10` },
  { name: 'one.png', make: `${PICTURES} -frames:v 1` },
  { name: 'cover.m4a', make: `-f lavfi -i sine=d=2 ${PICTURES} -frames:v 1 -c:v mjpeg -disposition:v attached_pic` },
  { name: 'one.gif', make: '-f lavfi -i testsrc2=size=64x48:rate=1 -frames:v 1' },
  { name: 'one.jpg', make: `${PICTURES} -frames:v 1` },
];

function ffmpeg(make: string, name: string): string {
  const file = join(folder, name);
  const { exitCode, stderr } = Bun.spawnSync(['ffmpeg', '-v', 'error', '-y', ...make.split(' '), file]);
  if (exitCode !== 0) throw new Error(`${name}: ${stderr}`);
  return file;
}

/** Times of the pictures in seconds from the first one; null where the file has none. */
function probed(file: string): (number | null)[] {
  const entries = '-v error -select_streams v:0 -show_entries frame=best_effort_timestamp_time -of csv=p=0'.split(' ');
  const lines = Bun.spawnSync(['ffprobe', ...entries, file])
    .stdout.toString()
    .trim()
    .split('\n');
  const times = lines.filter((line) => /^(-?\d|N)/.test(line)).map((line) => Number.parseFloat(line));
  return times.map((time) => (Number.isNaN(time) ? null : time - (times[0] ?? 0)));
}

const graph = (source: object, decode: object = {}) =>
  `source: ${JSON.stringify({ use: 'source', with: { pace: 'asap', ...source } })}\n` +
  `decode: ${JSON.stringify({ use: 'decode', from: 'source', with: decode })}`;
const WHOLE: FrameRequest = { width: 64, height: 48, format: 'rgb24', fit: 'stretch' };
const timesOf = (frames: FrameView[]) => frames.map(({ meta }) => meta.mediaTimeS);

describe.skipIf(!hasFfmpeg())('a file', () => {
  const rows = FILES.flatMap((file) => [1, 4].map((threads) => ({ ...file, threads })));
  test.each(rows)('$name, $threads threads', async ({ name, make, threads, says = [] }) => {
    const url = ffmpeg(make, name);
    const run = await runGraph(graph({ url }, { threads }));
    expect([run.failures, run.logs.map(({ fields }) => fields?.code)]).toEqual([[], says]);
    const expected = probed(url);
    const times = timesOf(run.output('decode.frames'));
    expect(times).toHaveLength(expected.length);
    const off = expected.map((time, i) => Math.abs((times[i] ?? 0) - (time ?? i / 25)));
    expect(Math.max(...off)).toBeLessThan(1e-4);
  });

  test.each(['bframes.ts', 'one-group.ts', 'bframes.mp4', 'fragments.mp4', 'bframes.mkv', 'plain.h264', 'plain.avi'])(
    '%s from the middle, over and over: the same pictures every time',
    async (name) => {
      const url = ffmpeg(FILES.find((file) => file.name === name)?.make ?? '', name);
      const all = await runGraph(graph({ url }), { frames: WHOLE });
      const pictures = all.output<FrameView>('decode.frames').map(({ data }) => Buffer.from(data).toString('base64'));
      const part = pictures.slice(13);
      const run = await openGraph(graph({ url, start_s: 13 / 25, loop: true }), { frames: WHOLE });
      const frames = () => run.output<FrameView>('decode.frames');
      run.start();
      await run.until(() => frames().length >= 3 * part.length);
      run.stop();
      await run.finished;
      const played = frames().slice(0, 3 * part.length);
      const isRight = played.map(({ data }, i) => Buffer.from(data).toString('base64') === part[i % part.length]);
      expect(isRight.indexOf(false)).toBe(-1);
      expect(Math.max(...timesOf(played).map((time, i) => Math.abs(time - i / 25)))).toBeLessThan(1e-4);
    },
  );

  test('without a single picture: an error with the reason', async () => {
    const url = ffmpeg(`${PICTURES} -frames:v 1 ${X264} -movflags frag_keyframe+empty_moov`, 'empty.mp4');
    const bytes = await Bun.file(url).bytes();
    const end = Buffer.from(bytes).indexOf('moof') - 4;
    await Bun.write(url, bytes.subarray(0, end));
    const run = await runGraph(graph({ url }));
    expect(String(run.failures[0]?.error)).toMatch(/empty\.mp4: .*not a single picture|no video/);
  });
});

describe.skipIf(!hasFfmpeg())('a film on a web server', () => {
  /** Gives of the first `broken` answers only a half. */
  function server(file: string, broken: number) {
    let answers = 0;
    return Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      async fetch(request) {
        const bytes = await Bun.file(file).bytes();
        const from = Number(/bytes=(\d+)/.exec(request.headers.get('range') ?? '')?.[1] ?? 0);
        const rest = bytes.subarray(from);
        const body = answers++ < broken ? rest.subarray(0, rest.length / 2) : rest;
        const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
        return new Response(body, { status: 206, headers: { 'content-range': range, 'accept-ranges': 'bytes' } });
      },
    });
  }

  test.each([
    { why: 'that breaks off once is read on from there', broken: 1, all: true },
    { why: 'of which there is no more is played as far as it goes', broken: Number.POSITIVE_INFINITY, all: false },
  ])('$why', async ({ broken, all }) => {
    const file = ffmpeg(`${PICTURES} -frames:v 250 ${X264} -g 25 -movflags faststart`, `web-${broken}.mp4`);
    await using web = server(file, broken);
    const run = await runGraph(graph({ url: `http://127.0.0.1:${web.port}/film.mp4` }));
    const times = timesOf(run.output('decode.frames'));
    expect(run.failures).toEqual([]);
    times.forEach((time, i) => {
      expect(time).toBeCloseTo(i / 25, 4);
    });
    if (all) expect(times).toHaveLength(250);
    else expect(run.logs.map(({ fields }) => fields?.code)).toContain('source_cut_short');
  });
});
