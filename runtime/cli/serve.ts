/** `bun run serve PATH…`: several graphs under one server; sessions start by POST /sessions, or all at once. */
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { WindhoverError } from '../errors.ts';
import { loadGraphs, parseCommandLine, type Surroundings, sessionGraph, stateFolder } from './command.ts';
import { Runtime, SERVER_OPTIONS, serverOptions } from './runtime.ts';
import { statusText } from './status-line.ts';

const USAGE = 'bun run serve PATH… [--start] [--port 8080] [--host 127.0.0.1] [--state DIR]';
const STATUS_EVERY_MS = 500;

export async function serveCommand(args: string[], surroundings: Surroundings): Promise<number> {
  const { values, positionals } = parseCommandLine(args, { ...SERVER_OPTIONS, start: { type: 'boolean' } }, USAGE);
  const server = serverOptions(values);
  if (positionals.length === 0) throw new WindhoverError('usage', `name graph files or folders\nusage: ${USAGE}`);
  const files = positionals.flatMap((path) => graphFiles(path, surroundings.cwd));
  const loaded = await loadGraphs(files, [], surroundings);
  if (!loaded || !camerasAreDistinct(loaded.graphs, surroundings)) return 1;
  const graphs = loaded.graphs.map(sessionGraph);
  const runtime = new Runtime(surroundings, {
    graphs,
    secrets: loaded.secrets,
    stateFolder: stateFolder(values.state, surroundings),
    changed: (session) => {
      if (session.state !== 'running') return;
      runtime.log.info('session is running', { camera: session.graph.camera, session: session.id });
    },
  });
  let inOrder = true;
  try {
    runtime.listen(server);
    if (values.start) for (const { camera } of graphs) runtime.sessions.create(camera);
    const status = setInterval(() => {
      const line = runtime.sessions.list().map(statusText).join('   ');
      if (runtime.status.live && line) runtime.status.show(line);
    }, STATUS_EVERY_MS);
    await runtime.interrupted;
    clearInterval(status);
  } finally {
    inOrder = await runtime.stop();
  }
  return inOrder ? 0 : 1;
}

/** The file itself, or the graphs of a folder in the order of their names. */
function graphFiles(path: string, cwd: string): string[] {
  const absolute = resolve(cwd, path);
  const stat = statSync(absolute, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return [path];
  const files = readdirSync(absolute).filter((name) => /\.ya?ml$/.test(name));
  if (files.length === 0) throw new WindhoverError('usage', `${path} holds no graph (*.yaml)`);
  return files.toSorted().map((name) => join(path, name));
}

function camerasAreDistinct(graphs: readonly { camera: string; file: string }[], { stderr }: Surroundings): boolean {
  const files = new Map<string, string>();
  let distinct = true;
  for (const { camera, file } of graphs) {
    const other = files.get(camera);
    if (other !== undefined) {
      stderr.write(`${file}: camera: '${camera}' is the camera of ${other} too; give each graph its own\n`);
      distinct = false;
    }
    files.set(camera, file);
  }
  return distinct;
}
