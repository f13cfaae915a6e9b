/** A graph that is served while clients are measured beside it. */
import type { SessionView } from '../runtime/session/api.ts';
import { type BenchInput, graphSets, ROOT } from './pipeline/input.ts';

export interface ServedGraph extends AsyncDisposable {
  readonly url: string;
}

/** Runs graphs/file.yaml in a loop, with 10 ticks a second. */
export async function serveGraph(input: BenchInput, pace: string): Promise<ServedGraph> {
  const sets = [...graphSets(input), `source.pace=${pace}`, 'source.loop=true', 'publish.hz=10'];
  const command = ['run', 'graph', 'graphs/file.yaml', '--port', '0', ...sets.flatMap((set) => ['--set', set])];
  const pipeline = Bun.spawn([process.execPath, ...command], { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] });
  const text = await firstOutput(pipeline.stdout, /ready (\S+)/);
  return {
    url: /ready (\S+)/.exec(text)?.[1] ?? '',
    [Symbol.asyncDispose]: async () => {
      pipeline.kill('SIGINT');
      await pipeline.exited;
    },
  };
}

/** Frames per second over a time, from the session's own counters. */
export async function rate(url: string, seconds: number): Promise<number> {
  const [before, startMs] = [(await session(url)).frames.processed, performance.now()];
  await Bun.sleep(seconds * 1000);
  const after = (await session(url)).frames.processed;
  return (after - before) / ((performance.now() - startMs) / 1000);
}

export async function session(url: string): Promise<SessionView> {
  const { sessions } = (await (await fetch(`${url}/sessions`)).json()) as { sessions: SessionView[] };
  const [first] = sessions;
  if (!first) throw new Error('the server has no session');
  return first;
}

/** Reads until something (that matches) was printed. */
export async function firstOutput(stdout: ReadableStream<Uint8Array>, pattern = /\S/): Promise<string> {
  const [decoder, reader] = [new TextDecoder(), stdout.getReader()];
  let text = '';
  while (!pattern.test(text)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the process ended early: ${text}`);
    text += decoder.decode(value, { stream: true });
  }
  reader.releaseLock();
  return text;
}
