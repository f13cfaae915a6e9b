/** The commands, one line each. A command gets its arguments and the process's surroundings, and returns an exit code. */
import { benchCommand } from './cli/bench.ts';
import { cameraCommand } from './cli/camera.ts';
import { checkCommand } from './cli/check.ts';
import type { Surroundings } from './cli/command.ts';
import { fixturesCommand } from './cli/fixtures.ts';
import { graphCommand } from './cli/graph.ts';
import { modelsCommand } from './cli/models.ts';
import { schemasCommand } from './cli/schemas.ts';
import { serveCommand } from './cli/serve.ts';
import { testCommand } from './cli/test.ts';
import { errorCode, errorMessage } from './errors.ts';
import { suggestion } from './nearest.ts';

type Command = (args: string[], surroundings: Surroundings) => Promise<number>;

const COMMANDS: Record<string, readonly [run: Command, usage: string]> = {
  graph: [graphCommand, 'graph FILE                 run one graph and serve it'],
  serve: [serveCommand, 'serve PATH…                serve several graphs (files or folders)'],
  check: [checkCommand, 'check FILE… [--plan]       check graphs without running them'],
  camera: [cameraCommand, 'camera                     a virtual PTZ camera that speaks ONVIF'],
  models: [modelsCommand, 'models [list|inspect|pull] list, explain and download models'],
  schemas: [schemasCommand, 'schemas                    write the JSON Schemas'],
  bench: [benchCommand, 'bench NAME                 measure: tracking, pipeline, fanout'],
  fixtures: [fixturesCommand, 'fixtures                   render the fixture clips again'],
  test: [testCommand, 'test [FILTER…]             run the tests'],
};

/** Runs one command. An error that it throws is printed as one line. */
export async function runCli(args: string[], surroundings: Surroundings): Promise<number> {
  const [name = '', ...rest] = args;
  const command = COMMANDS[name];
  if (!command) {
    const asked =
      name && !name.startsWith('-')
        ? `unknown command '${name}'${suggestion(name, Object.keys(COMMANDS), 'command')}\n`
        : '';
    const usage = Object.values(COMMANDS).map(([, line]) => `  bun run ${line}\n`);
    surroundings.stderr.write(`${asked}usage:\n${usage.join('')}`);
    return name === '--help' ? 0 : 2;
  }
  try {
    return await command[0](rest, surroundings);
  } catch (error) {
    surroundings.stderr.write(`windhover ${name}: ${errorMessage(error)}\n`);
    return errorCode(error) === 'usage' ? 2 : 1;
  }
}
