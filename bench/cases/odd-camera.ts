/** The virtual ONVIF camera behind a proxy that makes it odd, and what the driver finds out and does. Time is simulated. */
import { driverFor, Rig } from '../../test/ptz/rig.ts';

export interface Oddity {
  readonly quirks?: readonly string[];
  /** Changes what is asked, or answers it. */
  readonly ask?: (operation: string, xml: string, path: string) => string | Answer;
  /** Changes what is answered. */
  readonly answer?: (operation: string, xml: string) => string;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface Finding {
  readonly rung: string | null;
  readonly verified: boolean;
  readonly stop: string;
  /** How far two seconds at a fifth of the full speed turned it, and the furthest that it was off. */
  readonly turnedDeg: number;
  readonly furthestDeg: number;
  /** It stands after a velocity of zero. */
  readonly stands: boolean;
  /** The position that the driver reads, -1 to 1; null: none. */
  readonly position: number | null;
  /** What is said about a preset that is not there. */
  readonly presets: string;
  readonly notes: readonly string[];
}

const SPEED = 0.2;
const LEASE_MS = 1000;
const STEP_MS = 250;
const STEPS = 8;

export async function tryCamera(oddity: Oddity): Promise<Finding> {
  await using rig = await Rig.start([...(oddity.quirks ?? [])]);
  const proxy = startProxy(rig.server, oddity);
  const driver = driverFor(rig.server, { url: `127.0.0.1:${proxy.port}` }, rig.time);
  try {
    const { verdict, leaseMs } = await driver.open();
    const startDeg = rig.panDeg();
    let furthestDeg = 0;
    for (let step = 0; step < STEPS; step++) {
      if (verdict.rung === null) break;
      await driver.velocity({ pan: SPEED, tilt: 0.05, zoom: 0 }, Math.min(leaseMs, LEASE_MS));
      rig.time.advance(STEP_MS);
      furthestDeg = Math.max(furthestDeg, Math.abs(rig.panDeg() - startDeg));
    }
    const turnedDeg = rig.panDeg() - startDeg;
    const { pan: position } = await driver.status();
    await driver.velocity({ pan: 0, tilt: 0, zoom: 0 }, LEASE_MS);
    rig.time.advance(LEASE_MS);
    const restDeg = rig.panDeg();
    rig.time.advance(LEASE_MS);
    const presets = await driver.goTo('no such preset').catch((error: { details?: { got?: string } }) => error);
    return {
      rung: verdict.rung,
      verified: verdict.verified,
      stop: verdict.stops.stop,
      turnedDeg,
      furthestDeg,
      stands: Math.abs(rig.panDeg() - restDeg) < 0.3,
      position,
      presets: JSON.stringify(presets),
      notes: verdict.notes,
    };
  } finally {
    await driver.close().catch(() => undefined);
    await proxy.stop(true);
  }
}

export function startProxy(camera: { readonly port: number }, { ask, answer }: Oddity) {
  const proxy = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request): Promise<Response> {
      const { pathname, search } = new URL(request.url);
      const asked = await request.text();
      const operation = /<(?:\w+:)?Body[^>]*>\s*<(?:\w+:)?(\w+)/.exec(asked)?.[1] ?? pathname;
      const changed = ask?.(operation, asked, pathname) ?? asked;
      if (typeof changed !== 'string') return reply(changed);
      const headers = new Headers(request.headers);
      for (const name of ['content-length', 'accept-encoding', 'host']) headers.delete(name);
      const body = request.method === 'POST' ? { body: changed } : {};
      const url = `http://127.0.0.1:${camera.port}${pathname}${search}`;
      const got = await fetch(url, { method: request.method, headers, ...body });
      const text = (await got.text()).replaceAll(`127.0.0.1:${camera.port}`, `127.0.0.1:${proxy.port}`);
      const told = new Headers(got.headers);
      for (const name of ['content-length', 'content-encoding']) told.delete(name);
      return new Response(answer?.(operation, text) ?? text, { status: got.status, headers: told });
    },
  });
  return proxy;
}

function reply({ status, body }: Answer): Response {
  return new Response(body, { status, headers: { 'content-type': 'application/soap+xml' } });
}
