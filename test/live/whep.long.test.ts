/** WHEP from a server that has each habit of real ones, and whose pictures show when they were taken. */
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { TEST_LIMIT_MS, until } from '../support/patience.ts';
import { hasFfmpeg } from './ffmpeg-peer.ts';
import { quantile, Watch } from './peers.ts';
import { WhepServer, type WhepServerOptions } from './whep-server.ts';

setDefaultTimeout(TEST_LIMIT_MS);

/** Under load, what is measured scatters; the bench says how good it is. */
const MOST_OFF_MS = 40;
const LONG_ANSWER = 'v=0'.padEnd(1_000_000);
const HARD_PASSWORD = 'ü p@ss:w/rd?#% "quoted" \\ %41 a&b=c;d+e';

interface Habit {
  readonly name: string;
  readonly server?: WhepServerOptions;
  readonly params?: object;
}

const HABITS: readonly Habit[] = [
  { name: 'its session is deleted at the end' },
  { name: 'an absolute Location', server: { location: 'absolute' } },
  { name: 'no Location, no SSRC in the answer', server: { location: 'none', hidesSsrc: true } },
  { name: 'a Location at another server, which is left alone', server: { location: 'elsewhere' } },
  { name: 'an offer as JSON, at /offer', server: { form: 'json' } },
  {
    name: 'a login, of any characters',
    server: { login: ['admin', HARD_PASSWORD] },
    params: { username: 'admin', password: HARD_PASSWORD },
  },
  { name: 'a bearer token', server: { token: 'to.ken~1' }, params: { token: 'to.ken~1' } },
  { name: 'counters that wrap', server: { beforeWrap: { sequences: 40, ticks: 90_000 } } },
];

describe.skipIf(!hasFfmpeg())('a server with', () => {
  test.each(HABITS.map((habit) => ({ server: {}, params: {}, ...habit })))('$name', async ({ server, params }) => {
    await using peer = await WhepServer.start(server);
    const watch = await Watch.open({ url: peer.url, ...params });
    await watch.run.until(() => watch.seen.length >= 30 || watch.faults.length > 1);
    await watch[Symbol.asyncDispose]();
    expect(watch.faults).toEqual([null]);
    expect(Math.abs(quantile(watch.errorsMs.slice(3), 0.5))).toBeLessThan(MOST_OFF_MS);
    const told = JSON.stringify([watch.run.logs, watch.run.stats('source'), watch.run.messages]);
    expect(told).not.toMatch(/to\.ken|p@ss/);
    const hasSession = server.location === undefined || server.location === 'absolute';
    const isDeleted = peer.requests.some(({ method }) => method === 'DELETE');
    expect(isDeleted).toBe(hasSession && server.form === undefined);
  });

  test('candidates that are found late: they are sent after the offer', async () => {
    await using peer = await WhepServer.start({ trickle: true });
    // A STUN server that does not answer at once.
    await using watch = await Watch.open({ url: peer.url, stun: 'stun:127.0.0.1:9' });
    await watch.run.until(() => watch.seen.length >= 5);
    expect(watch.faults).toEqual([null]);
  });

  test.each([
    { name: 'sender reports', server: { reportsAfterMs: 0 }, basis: 'absolute' },
    { name: 'sender reports that begin late', server: { reportsAfterMs: 2500 }, basis: 'absolute' },
    { name: 'times of capture', server: { captureTimes: true }, basis: 'absolute' },
    { name: 'a clock that is an hour ahead', server: { captureTimes: true, aheadMs: 3_600_000 }, basis: 'timestamps' },
  ])('$name: $basis', async ({ server, basis }) => {
    await using peer = await WhepServer.start(server);
    await using watch = await Watch.open({ url: peer.url });
    await watch.run.until(() => watch.run.stats('source').capture_basis === basis && watch.seen.length >= 30);
    const known = watch.seen.length;
    await watch.run.until(() => watch.seen.length >= known + 40);
    const mostMs = basis === 'absolute' ? 15 : MOST_OFF_MS;
    expect(Math.abs(quantile(watch.errorsMs.slice(known + 10), 0.5))).toBeLessThan(mostMs);
  });

  test('losses: no damaged picture is seen, and it goes on with the next key frame', async () => {
    await using peer = await WhepServer.start({ lossEvery: 71 });
    await using watch = await Watch.open({ url: peer.url });
    await watch.run.until(() => Number(watch.run.stats('source').losses ?? 0) >= 3);
    const before = watch.seen.length;
    await watch.run.until(() => watch.seen.length >= before + 10);
    expect(watch.faults).toEqual([null]);
    expect(watch.run.stats('decode')).not.toHaveProperty('corrupt_frames');
    expect(watch.seen.filter(({ takenUnixMs }) => !peer.takenUnixMs.includes(takenUnixMs))).toEqual([]);
  });
});

describe.skipIf(!hasFfmpeg())('a fault', () => {
  const refused = (status: number, text = '') => ({ refusal: { status, text } });
  test.each([
    { code: 'source_unsupported', server: refused(400, '{"error":"codecs not supported by client"}') },
    { code: 'source_unsupported', server: refused(500, 'codecs not matched') },
    { code: 'source_unsupported', server: refused(406) },
    { code: 'source_not_found', server: refused(404) },
    { code: 'source_busy', server: refused(503) },
    { code: 'source_unreadable', server: refused(200, '<html>') },
    { code: 'source_no_video', server: refused(201, 'v=0\r\nrubbish') },
    { code: 'source_unreadable', server: refused(200, LONG_ANSWER) },
    { code: 'source_no_video', server: { codec: 'VP8' } },
  ] as const)('$code: %j', async ({ code, server }) => {
    await using peer = await WhepServer.start(server);
    await using watch = await Watch.open({ url: peer.url });
    await watch.run.until(() => watch.faults.length >= 1);
    expect(watch.faults[0] ?? watch.faults[1]).toBe(code);
  });

  test('a wrong login is tried twice, and then not for a minute', async () => {
    await using peer = await WhepServer.start({ login: ['admin', 'right'] });
    await using watch = await Watch.open({ url: peer.url, username: 'admin', password: 'wrong-one' });
    await watch.run.until(() => watch.faults.length >= 2);
    await Bun.sleep(2500);
    expect(watch.faults).toEqual(['source_login', 'source_login']);
    expect(peer.requests).toHaveLength(2);
    expect(JSON.stringify([watch.run.faults, watch.run.logs])).not.toContain('wrong-one');
  });

  test('that falls silent has stalled; it is asked again, and plays when it is back', async () => {
    await using peer = await WhepServer.start();
    await using watch = await Watch.open({ url: peer.url });
    await watch.run.until(() => watch.seen.length >= 10);
    peer.halt();
    await watch.run.until(() => watch.faults.length >= 2);
    peer.goOn();
    const before = watch.seen.length;
    await watch.run.until(() => watch.seen.length >= before + 10);
    expect(watch.faults[1]).toBe('source_stalled');
    expect(watch.faults.at(-1)).toBeNull();
    await until('the first session is deleted', () => peer.sessions === 1);
  });

  test('that is killed and comes back: a fault, then pictures of now', async () => {
    const start = async (port: number) => {
      const command = [process.execPath, `${import.meta.dir}/whep-server.ts`, JSON.stringify({ port })];
      const server = Bun.spawn(command, { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' });
      const { value } = await server.stdout.pipeThrough(new TextDecoderStream()).getReader().read();
      return { server, port: Number(/port (\d+)/.exec(value ?? '')?.[1]) };
    };
    const first = await start(0);
    await using watch = await Watch.open({ url: `whep://127.0.0.1:${first.port}/cam/whep` });
    await watch.run.until(() => watch.seen.length >= 10);
    first.server.kill('SIGKILL');
    await watch.run.until(() => watch.faults.includes('source_refused'));
    const { server } = await start(first.port);
    const before = watch.seen.length;
    await watch.run.until(() => watch.seen.length >= before + 20);
    server.kill('SIGKILL');
    expect(watch.faults.slice(0, 3)).toEqual([null, 'source_stalled', 'source_refused']);
    expect(Math.abs(quantile(watch.errorsMs.slice(before + 3), 0.5))).toBeLessThan(MOST_OFF_MS);
  });
});
