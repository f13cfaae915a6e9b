/** `bun run camera`: a virtual PTZ camera that speaks ONVIF, for tests and demos. */
import { resolve } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import packageJson from '../../package.json';
import { answerProbes } from '../../sim/camera/discovery.ts';
import { quirksText } from '../../sim/camera/quirks.ts';
import { CameraServer } from '../../sim/camera/server.ts';
import { VirtualCamera } from '../../sim/camera/virtual-camera.ts';
import { readText } from '../../sim/scene/load-scene.ts';
import { contentFaults, type SceneFile, sceneFileSchema } from '../../sim/scene/scene-file.ts';
import { SystemClock } from '../clock.ts';
import { errorMessage, WindhoverError } from '../errors.ts';
import { Faults, formatFault } from '../graph/faults.ts';
import { addFault, checkedValue } from '../graph/params.ts';
import { parseTree } from '../graph/yaml.ts';
import { isLoopback } from '../loopback.ts';
import { interruption, numberOption, parseCommandLine, type Surroundings } from './command.ts';
import { discoverCommand } from './discover.ts';

const USAGE = `bun run camera [--port 8000] [--host 127.0.0.1] [--scene FILE] [--quirk NAME]…
       [--user admin] [--password-env VARIABLE] [--discoverable]
       bun run camera discover --help: cameras on the network
       bun run camera --quirk help: what quirks there are`;
const OPTIONS = {
  port: { type: 'string', default: '8000' },
  host: { type: 'string', default: '127.0.0.1' },
  scene: { type: 'string' },
  quirk: { type: 'string', multiple: true, default: [] as string[] },
  user: { type: 'string', default: 'admin' },
  'password-env': { type: 'string' },
  discoverable: { type: 'boolean', default: false },
} as const;

/** For this machine only; documented in the README of sim/camera. */
const DEMO_PASSWORD = 'windhover';

export async function cameraCommand(args: string[], surroundings: Surroundings): Promise<number> {
  if (args[0] === 'discover') return await discoverCommand(args.slice(1), surroundings);
  const { values, positionals } = parseCommandLine(args, OPTIONS, USAGE);
  const { stdout, stderr } = surroundings;
  if (positionals.length > 0)
    throw new WindhoverError('usage', `unexpected argument ${positionals[0]}\nusage: ${USAGE}`);
  if (values.quirk.includes('help')) {
    stdout.write(quirksText());
    return 0;
  }
  const port = numberOption('port', values.port, { min: 0, max: 65_535 });
  const credentials = { user: values.user, password: password(values['password-env'], values.host, surroundings) };
  const scene = values.scene === undefined ? undefined : readScene(values.scene, surroundings);
  if (scene === null) return 1;
  const clock = new SystemClock();
  const interrupted = interruption();
  const failed = (error: unknown) => stderr.write(`windhover camera: ${errorMessage(error)}\n`);
  await using server = await CameraServer.start({
    clock,
    credentials,
    version: packageJson.version,
    host: values.host,
    port,
    quirks: values.quirk,
    camera: new VirtualCamera({ clock, ...(scene ? { scene } : {}) }),
    failed,
  });
  // On loopback only programs of this machine find it.
  const isFound = values.discoverable || isLoopback(values.host);
  using _probes = isFound ? answerProbes({ host: values.host, port: server.port, failed }) : null;
  stdout.write(`listening ${server.url}\n`);
  await interrupted;
  return 0;
}

/** @throws WindhoverError `usage`: the well-known default password is for this machine only */
function password(variable: string | undefined, host: string, { env }: Surroundings): string {
  if (variable !== undefined) {
    const found = env[variable];
    if (found) return found;
    throw new WindhoverError('usage', `--password-env: the environment variable ${variable} is not set`);
  }
  if (isLoopback(host)) return DEMO_PASSWORD;
  throw new WindhoverError('usage', `--host ${host} is reachable from other machines`, {
    expected: 'your own password',
    hint: 'pass the name of its environment variable with --password-env',
  });
}

/** Prints all faults of the file with their places. @returns the scene, or null */
function readScene(file: string, { cwd, stderr }: Surroundings): SceneFile | null {
  const faults = new Faults(file);
  const scene = checkScene(readText(resolve(cwd, file)), faults);
  for (const fault of faults.list()) stderr.write(`${formatFault(fault)}\n`);
  return faults.count > 0 ? null : scene;
}

function checkScene(text: string, faults: Faults): SceneFile | null {
  // JSON is YAML: the graph files' parser knows where everything stands, JSON.parse is strict.
  const tree = parseTree(text, faults);
  if (!tree) {
    if (faults.count === 0) faults.add({ line: 1, column: 1 }, '', 'json', 'the file is empty');
    return null;
  }
  if (parseJson(text, faults) === undefined) return null;
  const scene = checkedValue(sceneFileSchema, tree, '', faults);
  if (!Value.Check(sceneFileSchema, scene)) return null;
  for (const fault of contentFaults(scene)) addFault({ ...fault, code: 'content' }, tree, '', faults);
  return scene;
}

function parseJson(text: string, faults: Faults): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    faults.add({ line: 1, column: 1 }, '', 'json', `can't be read as JSON: ${errorMessage(error)}`);
    return undefined;
  }
}
