/**
 * What goes wrong with cameras, by name, with real ones: what the operator is told, that open tracks end, and that
 * pictures flow again as soon as the camera is right. Another camera of the same service is not disturbed by any of it.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { SessionView } from '../../runtime/session/api.ts';
import { TEST_LIMIT_MS, until } from '../support/patience.ts';
import { freePort, hasRtspServer, quantile, type RtspOptions, RtspServer } from './peers.ts';
import { type LiveClient, LiveService } from './service.ts';

setDefaultTimeout(TEST_LIMIT_MS);

/** The promise is 3 s on a quiet machine; tests may share theirs with others. */
const COMES_BACK_MS = 3000;
const BUSY_FACTOR = 4;
const OPEN_TIMEOUT_S = 2;
/** Whoever waited for a camera that has stalled would wait for longer. */
const LONGEST_GAP_MS = 900 * OPEN_TIMEOUT_S;

interface Fault {
  readonly name: string;
  readonly code: string;
  /** The camera as it is at first; null: there is none. */
  readonly wrong: RtspOptions | null;
}
/** The camera is wrong from the start. */
const WRONG: readonly Fault[] = [
  { name: 'refused', code: 'source_refused', wrong: null },
  { name: 'path', code: 'source_not_found', wrong: { path: '/other' } },
  { name: 'sound', code: 'source_no_video', wrong: { codec: 'none' } },
  { name: 'codec', code: 'source_unsupported', wrong: { codec: 'jpeg2000' } },
];
/** It goes wrong while pictures flow, by what is done to it; it then says the one and, when tried again, the other. */
const GOES_WRONG = [
  { name: 'stalled', codes: ['source_stalled', 'source_timeout'], isKilled: false },
  { name: 'restarted', codes: ['source_lost', 'source_refused'], isKilled: true },
] as const;

const triesOf = ({ nodes }: Pick<SessionView, 'nodes'>) => Number(nodes.source?.reconnects ?? 0);

describe.skipIf(!hasRtspServer())('a camera', () => {
  const ports = new Map([...WRONG, ...GOES_WRONG, { name: 'login' }].map(({ name }) => [name, freePort()]));
  const portOf = (name: string) => ports.get(name) ?? 0;
  let service: LiveService;
  let otherCamera: RtspServer;
  let other: LiveClient;

  beforeAll(async () => {
    otherCamera = await RtspServer.start();
    const paramsOf = (name: string) => ({
      url: `rtsp://127.0.0.1:${portOf(name)}/live`,
      open_timeout_s: OPEN_TIMEOUT_S,
    });
    const cameras = Object.fromEntries([...ports.keys()].map((name) => [name, paramsOf(name)]));
    const login = { ...paramsOf('login'), username: 'admin', password: 'wrong' };
    service = await LiveService.start({ ...cameras, login, other: { url: otherCamera.url } });
    other = await service.watch('other');
    await other.more(25);
  });
  afterAll(async () => {
    await other[Symbol.asyncDispose]();
    await service[Symbol.asyncDispose]();
    await otherCamera.kill();
  });

  /** The fault is told, once, with the time since when it is so, however often the camera is tried again. */
  async function isTold(client: LiveClient, codes: readonly string[], sinceMs: number): Promise<void> {
    const last = codes.at(-1);
    const { fault, nodes } = await client.until(`${last}`, (view) => view.fault?.code === last);
    expect(fault?.since_unix_ms).toBeGreaterThanOrEqual(sinceMs);
    expect(fault?.since_unix_ms).toBeLessThanOrEqual(Date.now());
    const tries = triesOf({ nodes }) + 2;
    const later = await client.until('tried again', (view) => triesOf(view) >= tries);
    expect(later.fault).toEqual(fault);
    const { reasons } = await service.readiness();
    expect(reasons.find(({ session_id }) => session_id === client.session)).toMatchObject(fault ?? {});
    expect(service.complaints(client.session).map(({ code }) => code)).toEqual([...codes]);
  }

  /** @param fromMs when the camera was right again, Unix time */
  async function comesBack(client: LiveClient, fromMs: number): Promise<void> {
    await client.more(1);
    const backMs = Date.now() - fromMs;
    if (backMs > COMES_BACK_MS) console.log(`back after ${backMs} ms`);
    expect(backMs).toBeLessThan(BUSY_FACTOR * COMES_BACK_MS);
    await client.until('no fault', ({ fault }) => fault === null);
  }

  test.each(WRONG)('$name: $code', async ({ name, code, wrong }) => {
    const sinceMs = Date.now();
    const camera = wrong && (await RtspServer.start({ ...wrong, port: portOf(name) }));
    await using client = await service.watch(name);
    try {
      await isTold(client, [code], sinceMs);
    } finally {
      await camera?.kill();
    }
    await using _right = await RtspServer.start({ port: portOf(name) });
    await comesBack(client, Date.now());
  });

  test.each(GOES_WRONG)('$name: $codes', async ({ name, codes, isKilled }) => {
    await using camera = await RtspServer.start({ port: portOf(name) });
    await using client = await service.watch(name);
    await client.more(10);
    await until('a track', () => client.lives().length > 0);
    const sinceMs = Date.now();
    if (isKilled) await camera.kill();
    else camera.halt();
    await isTold(client, codes, sinceMs);
    await until('tracks end', () => client.lives().every(({ ended }) => ended > 0));
    expect(client.lives().filter(({ began, ended }) => began !== 1 || ended !== 1)).toEqual([]);
    if (isKilled) {
      await using _again = await RtspServer.start({ port: camera.port });
      await comesBack(client, Date.now());
    } else {
      camera.resume();
      await comesBack(client, Date.now());
    }
  });

  test('login: is tried twice, and then not for a minute', async () => {
    await using _camera = await RtspServer.start({ port: portOf('login'), logins: [['admin', 'right']] });
    await using client = await service.watch('login');
    const { fault } = await client.until('the second refusal', (view) => triesOf(view) >= 2);
    expect(fault?.code).toBe('source_login');
    expect(fault?.message).toContain('the next attempt is in 60 s');
  });

  test('that is well has sent its pictures all the while', () => {
    const atMs = other.ticks.map(({ receivedMs }) => receivedMs);
    const gapsMs = atMs.slice(1).map((ms, i) => ms - (atMs[i] ?? 0));
    console.log(
      `the other camera: ${[0.5, 0.95, 1].map((share) => quantile(gapsMs, share)).join(', ')} ms between ticks`,
    );
    expect(Math.max(...gapsMs)).toBeLessThan(LONGEST_GAP_MS);
    expect(service.complaints(other.session)).toEqual([]);
  });
});
