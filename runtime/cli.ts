/**
 * The commands, one line each, loaded when they are used. A command gets its arguments and the process's surroundings,
 * and returns an exit code.
 */
import packageJson from '../package.json';
import type { Surroundings } from './cli/command.ts';
import { errorCode, errorMessage } from './errors.ts';
import { suggestion } from './nearest.ts';

type Command = (args: string[], surroundings: Surroundings) => Promise<number>;

const COMMANDS: Record<string, readonly [load: () => Promise<Command>, usage: string]> = {
  graph: [
    async () => (await import('./cli/graph.ts')).graphCommand,
    'graph FILE                 run one graph and serve it',
  ],
  serve: [
    async () => (await import('./cli/serve.ts')).serveCommand,
    'serve PATH…                serve several graphs (files or folders)',
  ],
  replay: [
    async () => (await import('./cli/replay.ts')).replayCommand,
    'replay FILE                serve a recording (--jsonl) as if it were running',
  ],
  check: [
    async () => (await import('./cli/check.ts')).checkCommand,
    'check FILE… [--plan]       check graphs without running them',
  ],
  calibrate: [
    async () => (await import('./cli/calibrate/command.ts')).calibrateCommand,
    'calibrate [--camera URL]   check in a browser that boxes lie where they should',
  ],
  camera: [
    async () => (await import('./cli/camera.ts')).cameraCommand,
    'camera                     a virtual PTZ camera that speaks ONVIF',
  ],
  models: [
    async () => (await import('./cli/models/models-command.ts')).modelsCommand,
    'models [list|inspect|pull] list, explain and download models',
  ],
  token: [async () => (await import('./cli/token.ts')).tokenCommand, 'token create|list|revoke   who may use a server'],
  client: [
    async () => (await import('./cli/client.ts')).clientCommand,
    'client [--out DIR]         write the client library for browsers',
  ],
  schemas: [
    async () => (await import('./cli/schemas.ts')).schemasCommand,
    'schemas                    write the JSON Schemas',
  ],
  bench: [
    async () => (await import('./cli/bench.ts')).benchCommand,
    'bench NAME                 measure: tracking, pipeline, fanout, …',
  ],
  test: [async () => (await import('./cli/test.ts')).testCommand, 'test [FILTER…] [--all]     run the tests'],
};

/** Runs one command. An error that it throws is printed as one line. */
export async function runCli(args: string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr } = surroundings;
  const [name = '', ...rest] = args;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (args.includes('--version')) {
    stdout.write(`windhover ${packageJson.version}\n`);
    return 0;
  }
  if (!command) {
    const isHelp = name === '--help' || name === '-h';
    const unknown = name !== '' && !isHelp;
    const usage = Object.values(COMMANDS).map(([, line]) => `  bun run ${line}\n`);
    const asked = unknown ? `unknown command '${name}'${suggestion(name, Object.keys(COMMANDS), 'command')}\n` : '';
    (isHelp ? stdout : stderr).write(`${asked}usage:\n${usage.join('')}`);
    return isHelp ? 0 : 2;
  }
  try {
    const run = await command[0]();
    return await run(rest, surroundings);
  } catch (error) {
    if (errorCode(error) === 'help') {
      stdout.write(`${errorMessage(error)}\n`);
      return 0;
    }
    stderr.write(`windhover ${name}: ${errorMessage(error)}\n`);
    return errorCode(error) === 'usage' ? 2 : 1;
  }
}
