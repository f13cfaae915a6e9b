/** `bun run serve PATH…`: several graphs under one server; sessions start by POST /sessions, or all at once. */
import { WindhoverError } from '../errors.ts';
import { loadOptions, parseCommandLine, printFaults, type Surroundings } from './command.ts';
import { SERVER_OPTIONS, serverOptions } from './server-options.ts';
import { statusText } from './status-line.ts';

const USAGE = 'bun run serve PATH… [--start] [--port 8080] [--host 127.0.0.1] [--state DIR] [--no-watch]';
const STATUS_EVERY_MS = 500;

export async function serveCommand(args: string[], surroundings: Surroundings): Promise<number> {
  const { values, positionals } = parseCommandLine(args, { ...SERVER_OPTIONS, start: { type: 'boolean' } }, USAGE);
  const server = serverOptions(values);
  if (positionals.length === 0) throw new WindhoverError('usage', `name graph files or folders\nusage: ${USAGE}`);
  const [{ Catalog }, { Runtime }] = await Promise.all([import('../catalog/catalog.ts'), import('./runtime.ts')]);
  const catalog = await Catalog.load(positionals, { ...loadOptions(surroundings), folders: true });
  if (printFaults(catalog.faults, surroundings)) return 1;
  const runtime = new Runtime(surroundings, {
    catalog,
    state: values.state,
    startNew: values.start ?? false,
    changed: (session) => {
      if (session.state !== 'running') return;
      runtime.log.info('session is running', { camera: session.graph.camera, session: session.id });
    },
  });
  let inOrder = true;
  try {
    runtime.listen(server);
    if (!values['no-watch']) catalog.watch();
    if (values.start) for (const { camera } of catalog.graphs) runtime.sessions.create(camera);
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
