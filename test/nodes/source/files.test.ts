/** Files of some kinds, made by FFmpeg here: every picture once, at its own time, over and over, and from a web server. */
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FrameView } from '../../../runtime/data.ts';
import { describeFilms, graph, SMALL, timesOf } from '../../live/describe-films.ts';
import { hasFfmpeg } from '../../live/ffmpeg-peer.ts';
import { ffmpeg, filmKinds, isQuick, made, PICTURES, X264 } from '../../live/film-kinds.ts';
import { openGraph, runGraph } from '../../node-runner.ts';
import { TEST_LIMIT_MS } from '../../support/patience.ts';

setDefaultTimeout(TEST_LIMIT_MS);

const folder = mkdtempSync(join(tmpdir(), 'windhover-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FILES = filmKinds(folder);

/** One of a kind; all the others: test/nodes/source/films.long. */
describeFilms(FILES.filter(isQuick), folder);

describe.skipIf(!hasFfmpeg())('a file', () => {
  test.each([
    ...['bframes.ts', 'one-group.ts', 'bframes.mp4', 'fragments.mp4', 'bframes.mkv', 'plain.h264', 'bframes.h264'],
    ...['plain.avi', 'bframes.avi', 'mpeg4.avi', 'mpeg2.ts'],
  ])('%s from the middle, over and over: the same pictures every time', async (name) => {
    const kind = FILES.find((file) => file.name === name);
    const url = kind ? made(kind, folder) : '';
    const all = await runGraph(graph({ url }), { frames: SMALL });
    const pictures = all.output<FrameView>('decode.frames').map(({ data }) => Buffer.from(data).toString('base64'));
    const part = pictures.slice(13);
    const run = await openGraph(graph({ url, start_s: 13 / 25, loop: true }), { frames: SMALL });
    const frames = () => run.output<FrameView>('decode.frames');
    run.start();
    await run.until(() => frames().length >= 3 * part.length);
    run.stop();
    await run.finished;
    const played = frames().slice(0, 3 * part.length);
    const isRight = played.map(({ data }, i) => Buffer.from(data).toString('base64') === part[i % part.length]);
    expect(isRight.indexOf(false)).toBe(-1);
    expect(Math.max(...timesOf(played).map((time, i) => Math.abs(time - i / 25)))).toBeLessThan(1e-4);
  });

  test('without a single picture: an error with the reason', async () => {
    const url = ffmpeg(`${PICTURES} -frames:v 1 ${X264} -movflags frag_keyframe+empty_moov`, join(folder, 'empty.mp4'));
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
        return new Response(body, {
          status: 206,
          headers: { 'content-range': range, 'accept-ranges': 'bytes', connection: 'close' },
        });
      },
    });
  }

  /** Sends that without its length, as cameras do: in chunks, the last of which is the end, or just until it closes. */
  function unstated(isChunked: boolean, bytes: () => Promise<Uint8Array<ArrayBuffer>>) {
    const answer = async (socket: Socket) => {
      const head = `HTTP/1.1 200 OK\r\ncontent-type: video/mp2t\r\n${isChunked ? 'transfer-encoding: chunked' : 'connection: close'}\r\n\r\n`;
      const body = await bytes();
      const size = `${body.length.toString(16)}\r\n`;
      socket.end(
        Buffer.concat([head, ...(isChunked ? [size, body, '\r\n0\r\n\r\n'] : [body])].map((part) => Buffer.from(part))),
      );
    };
    const server = createServer(
      (socket) => void socket.on('error', () => undefined).once('data', () => answer(socket)),
    );
    server.listen(0, '127.0.0.1');
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}/film`, [Symbol.asyncDispose]: async () => void server.close() };
  }

  test.each(['film.ts', 'index-last.mp4'])(
    '%s, of which the server gives any part: every picture once',
    async (name) => {
      const file = ffmpeg(`${PICTURES} -frames:v 250 ${X264} -g 25`, join(folder, name));
      await using web = server(file, 0);
      const run = await runGraph(graph({ url: `http://127.0.0.1:${web.port}/film` }));
      expect([run.failures, run.faults.map(({ fault }) => fault)]).toEqual([[], [null]]);
      expect(timesOf(run.output('decode.frames')).map((time) => Math.round(time * 25))).toEqual(
        Array.from({ length: 250 }, (_, i) => i),
      );
    },
  );

  test.each(['chunks', 'closing'])(
    'that states no length, ended by %s: every picture once, and it is over',
    async (end) => {
      const file = ffmpeg(`${PICTURES} -frames:v 250 ${X264} -g 25 -bf 2`, join(folder, 'unstated.ts'));
      await using web = unstated(end === 'chunks', () => Bun.file(file).bytes());
      const run = await runGraph(graph({ url: web.url }));
      const frames = run.output<FrameView>('decode.frames');
      // What breaks off without a word has to do so twice at the same place.
      expect(frames).toHaveLength(end === 'chunks' ? 250 : 500);
      expect(run.logs.map(({ fields }) => fields?.code)).toEqual(['source_film_over']);
      expect(run.failures).toEqual([]);
    },
  );

  test('a camera whose server ends and begins anew is none', async () => {
    const shows = (i: number) => `-f lavfi -i testsrc2=size=64x48:rate=25 -vf hue=h=${i} -frames:v 30 ${X264} -g 25`;
    const files = [0, 40, 80].map((hue) => ffmpeg(shows(hue), join(folder, `camera-${hue}.ts`)));
    let asked = 0;
    await using web = unstated(true, () => Bun.file(files[asked++ % files.length] ?? '').bytes());
    const run = await openGraph(graph({ url: web.url }));
    run.start();
    await run.until(() => run.output('decode.frames').length >= 31);
    run.stop();
    await run.finished;
    expect(run.faults.map(({ fault }) => fault?.code ?? null).slice(0, 3)).toEqual([null, 'source_lost', null]);
  });

  test('that comes to a stop has stalled', async () => {
    const file = ffmpeg(`${PICTURES} -frames:v 250 ${X264} -g 25 -movflags faststart`, join(folder, 'index-first.mp4'));
    const bytes = await Bun.file(file).bytes();
    const half = bytes.subarray(0, bytes.length / 2);
    async function* parts() {
      yield half;
      await new Promise(() => undefined);
    }
    const headers = { 'content-length': String(bytes.length) };
    await using web = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response(parts(), { headers }) });
    const url = `http://127.0.0.1:${web.port}/film.mp4`;
    const run = await openGraph(graph({ url, open_timeout_s: 0.5 }));
    run.start();
    await run.until(() => run.faults.length >= 2);
    run.stop();
    await run.finished;
    expect(run.faults.slice(0, 2).map(({ fault }) => fault?.code)).toEqual([undefined, 'source_stalled']);
    await web.stop(true);
  });

  test.each([
    { why: 'that breaks off once is read on from there', broken: 1, all: true },
    { why: 'of which there is no more is played as far as it goes', broken: Number.POSITIVE_INFINITY, all: false },
  ])('$why', async ({ broken, all }) => {
    const file = ffmpeg(`${PICTURES} -frames:v 250 ${X264} -g 25 -movflags faststart`, join(folder, 'index-first.mp4'));
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
