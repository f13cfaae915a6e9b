/**
 * Entry of a session's process: hosts the engine, so that native code that aborts takes only this session down. It
 * stops on request, and by itself when the server is gone.
 */
import { SystemClock } from '../clock.ts';
import { Engine } from '../engine/engine.ts';
import type { EngineGraph } from '../engine/engine-graph.ts';
import { toRecord } from '../errors.ts';
import type { FromChild, ToChild } from './messages.ts';

/** How long the graph may take to end after the server is gone. */
const ORPHAN_STOP_MS = 2000;

const ALIVE_EVERY_MS = 1000;

let engine: Engine | undefined;

function send(message: FromChild): void {
  if (process.connected) process.send?.(message);
}

function start(message: Extract<ToChild, { type: 'start' }>): void {
  engine = new Engine(message.graph, message.options, message.kept, new SystemClock(message.now, helloMs), {
    report: send,
    opened: () => {
      send({ type: 'opened' });
      // As in the workers: what loading has left behind would stay for minutes.
      Bun.gc(true);
      Bun.shrink();
    },
    failed: (error) => send({ type: 'failed', error }),
    done: () => {
      send({ type: 'done' });
      leave();
    },
  });
  engine.start();
}

async function change(graph: EngineGraph): Promise<void> {
  try {
    send({ type: 'changed', outcome: (await engine?.change(graph)) ?? 'process' });
  } catch (error) {
    send({ type: 'changed', outcome: { error: toRecord(error), ...(engine && { workers: engine.workers }) } });
  }
}

/**
 * Exits without giving native libraries the chance to crash in their own clean-up, and not before the last message is
 * through: the parent closes the channel when it has `done`.
 */
function leave(): void {
  const exit = () => process.kill(process.pid, 'SIGKILL');
  process.on('disconnect', exit);
  setTimeout(exit, ORPHAN_STOP_MS);
}

process.on('message', (message: ToChild) => {
  switch (message.type) {
    case 'start':
      try {
        start(message);
      } catch (error) {
        send({ type: 'failed', error: toRecord(error, { code: 'session_start_failed' }) });
        send({ type: 'done' });
        leave();
      }
      break;
    case 'request':
      engine?.request(message);
      break;
    case 'change':
      void change(message.graph);
      break;
    case 'ack':
      engine?.acknowledge(message.count);
      break;
    case 'stop':
      engine?.stop();
  }
});

process.on('disconnect', () => {
  engine?.stop();
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), ORPHAN_STOP_MS);
});

// A Ctrl-C in a terminal, or a service manager's SIGTERM, reaches the whole group; the server decides when this process
// stops, and tells it so.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.on(event, (error: unknown) => {
    send({ type: 'failed', error: toRecord(error, { code: 'session_crashed' }) });
    engine?.stop();
  });
}

const helloMs = performance.now();
send({ type: 'hello' });
setInterval(() => send({ type: 'alive' }), ALIVE_EVERY_MS);
