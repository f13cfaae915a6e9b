/**
 * Viewers of `bun run bench page`, in a process of their own: each takes the ticks, and with `picture` also the packets of
 * the preview, which it does not decode. Prints "connected" when all get what they want; stays until it is killed.
 *
 *     bun bench/page/viewers.ts URL SESSION ticks|picture COUNT
 */
import { Receiver } from '../../nodes/source/whep/receiver.ts';

const [url = '', session = '', kind = 'ticks', count = '2'] = process.argv.slice(2);
const viewers = Array.from({ length: Number(count) }, () => [ticks(), ...(kind === 'picture' ? [picture()] : [])]);
await Promise.all(viewers.flat());
console.log('connected');

function ticks(): Promise<void> {
  const socket = new WebSocket(
    `${url.replace('http', 'ws')}/ws/sessions/${session}?topics=tick,tracks,ptz,autotrack,clock`,
  );
  return new Promise((resolve) => {
    socket.onmessage = () => resolve();
  });
}

async function picture(): Promise<void> {
  let began: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    began = resolve;
  });
  const events = { packet: () => began(), report: () => undefined, ended: () => process.exit(1) };
  const receiver = new Receiver({ isLoopback: true, stun: undefined, events });
  const body = await receiver.offer(AbortSignal.timeout(10_000));
  const answer = await fetch(`${url}/sessions/${session}/whep`, { method: 'POST', body });
  if (!answer.ok) throw new Error(`the server answers ${answer.status} ${await answer.text()}`);
  await receiver.accept(await answer.text());
  await begun;
}
