/** Runs the real session (its own process, server in this one) and watches what it publishes. */
import { SystemClock } from '../../runtime/clock.ts';
import type { Message } from '../../runtime/hub/message.ts';
import { createLog } from '../../runtime/log.ts';
import { createApp, listen } from '../../runtime/server/app.ts';
import type { Session } from '../../runtime/session/session.ts';
import { SessionSet } from '../../runtime/session/session-set.ts';
import { type BenchInput, benchSession, MODEL_FOLDERS } from './input.ts';

interface RunWatch {
  message?(message: Message, nowMonoMs: number): void;
}

/** Runs a graph until its source ends or for `seconds`. */
async function runSession(input: BenchInput, sets: readonly string[], seconds: number | undefined, watch: RunWatch) {
  const clock = new SystemClock();
  const log = createLog({ write: (line) => process.stderr.write(`${line}\n`), pretty: false, level: 'error' });
  let over: (session: Session) => void = () => undefined;
  const ended = new Promise<Session>((resolve) => {
    over = resolve;
  });
  const sessions = new SessionSet({
    graphs: [await benchSession(input, sets)],
    clock,
    log,
    modelFolders: MODEL_FOLDERS,
    changed: (_view, session) => {
      if (session.state === 'ended' || session.state === 'failed') over(session);
    },
  });
  sessions.hub.subscribe({
    isRecord: true,
    maxQueuedChars: Number.POSITIVE_INFINITY,
    deliver(batch) {
      for (const message of batch) watch.message?.(message, clock.monoMs());
      return 'ok';
    },
  });
  const server = listen(createApp({ sessions, version: 'bench', clock, log }), { host: '127.0.0.1', port: 0 });
  sessions.create();
  await (seconds === undefined ? ended : Promise.race([ended, Bun.sleep(seconds * 1000)]));
  const [view] = sessions.list();
  await sessions.stopAll();
  await server.stop();
  if (!view || view.state === 'failed') throw new Error(`the session failed: ${view?.fault?.message}`);
  return view;
}

/** Frames per second from the first published tick to the last. */
export async function measureThroughput(input: BenchInput) {
  const timesMs: number[] = [];
  const view = await runSession(input, ['source.pace=asap'], undefined, {
    message: ({ topic, frame }, nowMs) => {
      if (topic === 'tick' && frame) timesMs.push(nowMs);
    },
  });
  const spanS = ((timesMs.at(-1) ?? 0) - (timesMs[0] ?? 0)) / 1000;
  const { decoded, processed, dropped } = view.frames;
  return { fps: (processed - 1) / spanS, decoded, processed, dropped };
}

/** For every tick: time from decoded frame to here, less the time in the model. */
export async function measureLatency(input: BenchInput, seconds: number) {
  const overheadMs: number[] = [];
  const inferenceMs: number[] = [];
  let ticks = 0;
  await runSession(input, ['source.pace=realtime', 'source.loop=true'], seconds, {
    message: ({ topic, frame }, nowMs) => {
      ticks += topic === 'tick' ? 1 : 0;
      // The first frames find code that is not compiled yet; a service runs for days.
      if (topic !== 'tick' || !frame || ticks <= WARM_UP_TICKS) return;
      overheadMs.push(nowMs - frame.decodedMonoMs - frame.inferenceMs);
      inferenceMs.push(frame.inferenceMs);
    },
  });
  return { overheadMs, inferenceMs };
}

const WARM_UP_TICKS = 10;
