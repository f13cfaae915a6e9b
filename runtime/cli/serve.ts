/** `bun run serve PATH…`: several graphs under one server; sessions start by POST /sessions, or all at once. */
import { WindhoverError } from '../errors.ts';
import { loadOptions, parseCommandLine, printFaults, type Surroundings, serverConfig } from './command.ts';
import { SERVER_OPTIONS, SERVER_USAGE, serverOptions } from './server-options.ts';
import { statusText } from './status-line.ts';

const USAGE = `bun run serve PATH… [--start]
       ${SERVER_USAGE}`;
const STATUS_EVERY_MS = 500;

export async function serveCommand(args: string[], surroundings: Surroundings): Promise<number> {
  const { values, positionals } = parseCommandLine(args, { ...SERVER_OPTIONS, start: { type: 'boolean' } }, USAGE);
  const server = serverOptions(values, surroundings);
  if (positionals.length === 0) throw new WindhoverError('usage', `name graph files or folders\nusage: ${USAGE}`);
  const [{ Catalog }, { RunningServer }] = await Promise.all([
    import('../catalog/catalog.ts'),
    import('./running-server.ts'),
  ]);
  const catalog = await Catalog.load(positionals, { ...loadOptions(surroundings, [], values.state), folders: true });
  const config = serverConfig(values.config, surroundings);
  if (printFaults([...catalog.faults, ...config.faults], surroundings)) return 1;
  const running = new RunningServer(surroundings, {
    catalog,
    state: values.state,
    config,
    startNew: values.start ?? false,
    changed: (session) => {
      if (session.state !== 'running') return;
      running.log.info('session is running', { camera: session.graph.camera, session: session.id });
    },
  });
  let inOrder = true;
  try {
    running.listen(server);
    if (!values['no-watch']) catalog.watch();
    if (values.start) for (const { camera } of catalog.graphs) running.sessions.create(camera);
    const status = setInterval(() => {
      const line = running.sessions.list().map(statusText).join('   ');
      if (running.status.live && line) running.status.show(line);
    }, STATUS_EVERY_MS);
    await running.interrupted;
    clearInterval(status);
  } finally {
    inOrder = await running.stop();
  }
  return inOrder ? 0 : 1;
}
