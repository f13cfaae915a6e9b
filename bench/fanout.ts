/**
 * What fanning out costs the server: CPU of its process per second with N WebSocket clients of one session at 10 Hz.
 * The clients run in a process of their own, so that only the server's share is measured.
 */
import { SystemClock } from '../runtime/clock.ts';
import { createApp, listen } from '../runtime/server/app.ts';
import { FakeLog, FakeSessions } from '../test/server/fake-sessions.ts';

const TICK_BYTES = 1500;
const CLIENT = `
  const [url, count] = process.argv.slice(-2);
  for (let i = 0; i < Number(count); i += 1) new WebSocket(url).onmessage = () => undefined;
  setInterval(() => undefined, 1000);
`;

/**
 * Measures and prints.
 * @param args `[clients = 200] [hz = 10] [seconds = 5]`
 */
export async function benchFanout(args: readonly string[]): Promise<void> {
  const [clients = 200, hz = 10, seconds = 5] = args.map(Number);
  const sessions = new FakeSessions();
  const app = createApp({ sessions, version: 'bench', clock: new SystemClock(), log: new FakeLog() });
  const server = listen(app, { host: '127.0.0.1', port: 0 });
  const { session_id, ws_path } = sessions.create().view;
  const child = Bun.spawn([
    process.execPath,
    '-e',
    CLIENT,
    `${server.url.replace('http', 'ws')}${ws_path}`,
    String(clients),
  ]);
  try {
    await connected(() => app.clients.stats().connected >= clients);
    const idle = await cpuMsPerS(seconds, hz, () => undefined);
    const tick = JSON.stringify({ type: 'metadata_tick', pad: 'x'.repeat(TICK_BYTES) });
    const busy = await cpuMsPerS(seconds, hz, () => sessions.emit(session_id, 'tick', tick));
    const perMessageUs = ((busy - idle) * 1000) / (clients * hz);
    console.log(`fanout: ${clients} clients at ${hz} Hz, ${TICK_BYTES} bytes a tick`);
    console.log(
      `  server CPU ${busy.toFixed(1)} ms/s, idle ${idle.toFixed(1)} ms/s, ${perMessageUs.toFixed(1)} µs a message`,
    );
  } finally {
    child.kill();
    await server.stop();
  }
}

async function connected(done: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!done()) {
    if (performance.now() > end) throw new Error('clients did not connect within 20 s');
    await Bun.sleep(20);
  }
}

async function cpuMsPerS(seconds: number, hz: number, step: () => void): Promise<number> {
  const before = process.cpuUsage();
  const start = performance.now();
  for (let n = 1; n <= seconds * hz; n += 1) {
    step();
    await Bun.sleep(Math.max(0, start + (n * 1000) / hz - performance.now()));
  }
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1000 / ((performance.now() - start) / 1000);
}
