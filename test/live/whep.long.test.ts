/** WHEP from a server that has each habit of real ones, and whose pictures show when they were taken. */
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { createSocket } from 'node:dgram';
import { TEST_LIMIT_MS, until } from '../support/patience.ts';
import { hasFfmpeg } from './ffmpeg-peer.ts';
import { quantile, Watch } from './peers.ts';
import { WhepServer, type WhepServerOptions } from './whep-server.ts';

setDefaultTimeout(TEST_LIMIT_MS);

/** Under load, what is measured scatters; the bench says how good it is. */
const MOST_OFF_MS = 40;
const HARD_PASSWORD = 'ü p@ss:w/rd?#% "quoted" \\ %41 a&b=c;d+e';

interface Habit {
  readonly name: string;
  readonly server?: WhepServerOptions;
  readonly params?: object;
  readonly isDeleted?: boolean;
}

const HABITS: readonly Habit[] = [
  {
    name: 'a login of any characters, and a session that is deleted at the end',
    server: { login: ['admin', HARD_PASSWORD] },
    params: { username: 'admin', password: HARD_PASSWORD },
    isDeleted: true,
  },
  { name: 'H.265, no Location, no SSRC in the answer', server: { codec: 'H265', location: 'none', hidesSsrc: true } },
  { name: 'offers as JSON, at /offer', server: { form: 'json' } },
  {
    name: 'a bearer token, and counters that wrap',
    server: { token: 'to.ken~1', location: 'absolute', beforeWrap: { sequences: 40, ticks: 90_000 } },
    params: { token: 'to.ken~1' },
    isDeleted: true,
  },
];

describe.skipIf(!hasFfmpeg())('a server with', () => {
  test.each(HABITS)('$name', async ({ server, params, isDeleted = false }) => {
    await using peer = await WhepServer.start(server);
    const watch = await Watch.open({ url: peer.url, ...params });
    await watch.run.until(() => watch.seen.length >= 30 || watch.faults.length > 1);
    await watch[Symbol.asyncDispose]();
    expect(watch.faults).toEqual([null]);
    expect(Math.abs(quantile(watch.errorsMs.slice(3), 0.5))).toBeLessThan(MOST_OFF_MS);
    const told = JSON.stringify([watch.run.logs, watch.run.stats('source'), watch.run.messages]);
    expect(told).not.toMatch(/to\.ken|p@ss/);
    expect(peer.requests.some(({ method }) => method === 'DELETE')).toBe(isDeleted);
  });

  test('candidates that are found late: they are sent after the offer', async () => {
    await using peer = await WhepServer.start({ trickle: true });
    await using stun = await slowStunServer(500);
    await using watch = await Watch.open({ url: peer.url, stun: `stun:127.0.0.1:${stun.port}` });
    await until('the candidate', () => peer.requests.some(({ method }) => method === 'PATCH'));
    const [offer, late] = peer.requests;
    expect(offer?.body).toContain('typ host');
    expect(offer?.body).not.toContain('typ srflx');
    expect(late?.body).toMatch(/^m=video .*a=ice-ufrag:.*typ srflx.*a=end-of-candidates/s);
    await watch.run.until(() => watch.seen.length >= 5);
    expect(watch.faults).toEqual([null]);
  });

  test.each([
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
    await watch.run.until(() => Number(watch.run.stats('source').losses ?? 0) >= 2);
    const before = watch.seen.length;
    await watch.run.until(() => watch.seen.length >= before + 10);
    expect(watch.faults).toEqual([null]);
    expect(watch.run.stats('decode')).not.toHaveProperty('corrupt_frames');
    expect(watch.seen.filter(({ takenUnixMs }) => !peer.takenUnixMs.includes(takenUnixMs))).toEqual([]);
  });
});

describe.skipIf(!hasFfmpeg())('a fault', () => {
  test.each([
    { code: 'source_unsupported', server: { refusal: { status: 400, text: 'codecs not supported by client' } } },
    { code: 'source_unsupported', server: { refusal: { status: 500, text: 'codecs not matched' } } },
    { code: 'source_no_video', server: { refusal: { status: 201, text: 'v=0\r\nrubbish' } } },
    { code: 'source_no_video', server: { codec: 'VP8' } },
  ] as const)('$code: %j', async ({ code, server }) => {
    await using peer = await WhepServer.start(server);
    await using watch = await Watch.open({ url: peer.url });
    await watch.run.until(() => watch.faults.length >= 1);
    expect(watch.faults[0]).toBe(code);
  });

  test('a wrong login is tried twice, and then not for a minute', async () => {
    await using peer = await WhepServer.start({ login: ['admin', 'right'] });
    await using watch = await Watch.open({ url: peer.url, username: 'admin', password: 'wrong-one' });
    await watch.run.until(() => watch.faults.length >= 2);
    // Else the next one would be within 1.5 s.
    expect(watch.run.faults.at(-1)?.fault?.message).toContain('the next attempt is in 60 s');
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
    const first = await WhepServer.spawn();
    await using watch = await Watch.open({ url: `whep://127.0.0.1:${first.port}/cam/whep` });
    await watch.run.until(() => watch.seen.length >= 10);
    await first.kill();
    await watch.run.until(() => watch.faults.includes('source_refused'));
    await using _second = await WhepServer.spawn({ port: first.port });
    const before = watch.seen.length;
    await watch.run.until(() => watch.seen.length >= before + 20);
    expect(watch.faults.slice(0, 3)).toEqual([null, 'source_stalled', 'source_refused']);
    expect(Math.abs(quantile(watch.errorsMs.slice(before + 3), 0.5))).toBeLessThan(MOST_OFF_MS);
  });
});

/** Tells whoever asks that its address is 192.0.2.7:9, after that time. */
async function slowStunServer(delayMs: number) {
  const timers: Timer[] = [];
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  socket.on('message', (request, { port, address }) => {
    // A success, with the magic cookie and the transaction's id, and XOR-MAPPED-ADDRESS.
    const mapped = Buffer.from([0, 0x20, 0, 8, 0, 1, 0x21, 0x12 ^ 9, 192 ^ 0x21, 0 ^ 0x12, 2 ^ 0xa4, 7 ^ 0x42]);
    const answer = Buffer.concat([Buffer.of(1, 1, 0, mapped.length), request.subarray(4, 20), mapped]);
    timers.push(setTimeout(() => socket.send(answer, port, address), delayMs));
  });
  const close = async () => {
    timers.forEach(clearTimeout);
    socket.close();
  };
  return { port: socket.address().port, [Symbol.asyncDispose]: close };
}
