/**
 * The clients of topics.ts, in a process of their own. Each prints a line when all are there, and its figures as JSON when
 * its standard input ends.
 *
 *     listen URL N   subscribe and read: how old a tick is when it comes
 *     return URL N   drop and come back every second: is every event there, once and in order
 *     bytes URL      two clients, one of them with `delta`: how much each is sent
 *     slow URL N     half of them subscribe and never read, half stop in the middle of the handshake
 */
import { connect } from 'node:net';

const TOPICS = ['sessions/+/tick', 'sessions/+/tracks'];
const [kind = '', url = '', count = '1'] = process.argv.slice(2);
const total = Number(count);

interface Since {
  readonly epoch: string;
  readonly seq: number;
}

const kinds: Readonly<Record<string, () => Promise<() => unknown>>> = { listen, return: comeBack, bytes, slow };
const figures = await kinds[kind]?.();
console.log('connected');
for await (const _ of process.stdin) break;
console.log(JSON.stringify(await figures?.()));
process.exit(0);

/** Opens a socket, subscribes, and resolves with the reply. */
function subscribe(request: object, take: (text: string) => void): Promise<{ socket: WebSocket; since: Since }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    let isIn = false;
    socket.onopen = () => socket.send(JSON.stringify({ type: 'subscribe', topics: TOPICS, ...request }));
    socket.onmessage = ({ data }) => {
      const text = String(data);
      if (isIn || !text.startsWith('{"type":"subscribed"')) return take(text);
      isIn = true;
      const { epoch, seq } = JSON.parse(text);
      resolve({ socket, since: { epoch, seq } });
    };
    socket.onclose = ({ reason }) => reject(new Error(`closed: ${reason}`));
  });
}

async function listen() {
  const agesMs: number[] = [];
  /** By the number of the tick: when the first client had it, and how much later each had it. */
  const firstMs = new Map<number, number>();
  const behindMs: number[] = [];
  const take = (text: string) => {
    const at = text.indexOf('"metadata_tick"') > 0 ? text.indexOf('"ts_unix_ms":') : -1;
    if (at < 0) return;
    agesMs.push(Date.now() - Number.parseInt(text.slice(at + 13, at + 30), 10));
    const [seq, nowMs] = [seqOf(text), performance.now()];
    behindMs.push(nowMs - (firstMs.get(seq) ?? nowMs));
    if (!firstMs.has(seq)) firstMs.set(seq, nowMs);
  };
  for (let n = 0; n < total; n += 50) {
    await Promise.all(Array.from({ length: Math.min(50, total - n) }, () => subscribe({ hz: 10 }, take)));
  }
  [agesMs.length, behindMs.length] = [0, 0];
  return () => {
    return {
      ticks: agesMs.length,
      p50Ms: quantile(agesMs, 0.5),
      p99Ms: quantile(agesMs, 0.99),
      behindP99Ms: quantile(behindMs, 0.99),
    };
  };
}

function quantile(values: readonly number[], q: number): number {
  return Math.round(values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))] ?? Number.NaN);
}

async function comeBack() {
  const all: number[] = [];
  await subscribe({ topics: ['sessions/+/tracks'] }, (text) => void all.push(seqOf(text)));
  let [isOver, gaps, visits] = [false, 0, 0];
  const come = async (at: number): Promise<number[]> => {
    const taken: number[] = [];
    let since: Since | undefined;
    for (let isLast = false; !isLast; ) {
      isLast = isOver;
      let highest = 0;
      const visit = await subscribe({ topics: ['sessions/+/tracks'], since }, (text) => {
        if (text.startsWith('{"type":"gap"')) gaps += 1;
        else {
          highest = seqOf(text);
          taken.push(highest);
        }
      });
      visits += 1;
      await Bun.sleep(isLast ? 1000 : 200 + ((at * 37) % 600));
      visit.socket.onclose = null;
      visit.socket.onmessage = null;
      visit.socket.close();
      since = { ...visit.since, seq: Math.max(visit.since.seq, highest) };
      if (!isOver) await Bun.sleep(800 - ((at * 37) % 600));
    }
    return taken;
  };
  const guests = Array.from({ length: total }, (_, at) => come(at));
  return async () => {
    const upTo = all.at(-1) ?? 0;
    isOver = true;
    const logs = await Promise.all(guests);
    const isWhole = (log: readonly number[]) => {
      const from = log[0] ?? Number.POSITIVE_INFINITY;
      const wanted = all.filter((seq) => seq >= from && seq <= upTo);
      return JSON.stringify(log.filter((seq) => seq <= upTo)) === JSON.stringify(wanted) && wanted.length > 0;
    };
    return { events: all.length, visits, gaps, whole: logs.filter(isWhole).length };
  };
}

function seqOf(text: string): number {
  return Number.parseInt(text.slice(text.indexOf('"seq":') + 6), 10);
}

async function bytes() {
  const sent = { whole: 0, delta: 0, ticks: 0 };
  const topics = ['sessions/+/tick'];
  await subscribe({ topics }, (text) => {
    sent.whole += text.length;
    sent.ticks += 1;
  });
  await subscribe({ topics, delta: true }, (text) => {
    sent.delta += text.length;
  });
  return () => sent;
}

/** Bun's sockets always read, so that this is done by hand. */
async function slow() {
  const { hostname, port } = new URL(url);
  const lines = ['GET /ws HTTP/1.1', `Host: ${hostname}:${port}`, 'Upgrade: websocket', 'Connection: Upgrade'];
  const rest = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', '', ''];
  for (let n = 0; n < total; n++) {
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        const isHalf = n % 2 === 0;
        socket.write(`${(isHalf ? lines : [...lines, ...rest]).join('\r\n')}`);
        if (!isHalf) socket.write(frame(JSON.stringify({ type: 'subscribe', topics: TOPICS })));
        socket.pause();
        resolve();
      });
      socket.on('error', () => undefined);
    });
  }
  return () => ({});
}

/** A short text, masked with zeros. */
function frame(text: string): Uint8Array {
  return new Uint8Array([0x81, 0x80 | text.length, 0, 0, 0, 0, ...Buffer.from(text)]);
}
