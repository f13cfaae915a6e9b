/** Runs graphs by the command line, in real time, and reads what they recorded. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunningCommand } from '../../test/support/command.ts';
import type { WireMessage } from './recorded.ts';

export interface ScratchFolder extends Disposable {
  readonly path: string;
  /** @returns the path of the file */
  write(name: string, text: string): string;
}

export function scratchFolder(): ScratchFolder {
  const path = mkdtempSync(join(tmpdir(), 'windhover-cases-'));
  return {
    path,
    write: (name, text) => {
      writeFileSync(join(path, name), text);
      return join(path, name);
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** The virtual camera was a URL of source once, and is a node of its own now. */
export function modernized(graph: string): string {
  return graph.replace(
    /use: source,\s+with: \{ url: "virtual-ptz:([^"?]*)\??([^"]*)" \}/g,
    (_, url: string, query: string) => {
      const options = [...new URLSearchParams(query)].map(([key, value]) => `${key}: ${value}`);
      return `use: virtual-ptz, with: { ${[...(url ? [`url: "${url}"`] : []), ...options].join(', ')} }`;
    },
  );
}

export interface LiveRun {
  readonly exitCode: number;
  /** As recorded. */
  readonly messages: readonly WireMessage[];
  /** The last warnings and errors of its log, to be added to what was got. */
  readonly log: string;
}

/** `bun run graph FILE --for SECONDS`, or to its end. */
export async function runFor(
  graph: string,
  seconds: number | null,
  more: readonly string[],
  env: Record<string, string> = {},
): Promise<LiveRun> {
  using folder = scratchFolder();
  const record = join(folder.path, 'out.jsonl');
  const until = seconds === null ? ['--exit-at-end'] : ['--for', String(seconds)];
  const args = ['graph', graph, '--port', '0', '--state', join(folder.path, 'state'), '--jsonl', record];
  await using command = new RunningCommand([...args, ...until, ...more], { env });
  const { exitCode } = await command.finished();
  const lines = existsSync(record) ? readFileSync(record, 'utf8').trim().split('\n') : [];
  const said = command.log().filter(({ level }) => level === 'warn' || level === 'error' || Number(level) >= 40);
  return {
    exitCode,
    messages: lines.filter((line) => line !== '').map((line): WireMessage => JSON.parse(line)),
    log: said
      .slice(-2)
      .map(({ msg, message }) => `; ${msg ?? message}`)
      .join(''),
  };
}
