/** The built-in nodes behind `bun run models`: the one that runs models says what it makes of them. */
import { existsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { builtinNodes } from '../../../nodes/index.ts';
import { SystemClock } from '../../clock.ts';
import { errorMessage, WindhoverError } from '../../errors.ts';
import { Faults } from '../../graph/faults.ts';
import { loadContracts } from '../../graph/modules.ts';
import { checkParams } from '../../graph/params.ts';
import { applySets } from '../../graph/sets.ts';
import { locate } from '../../graph/tree.ts';
import { parseTree } from '../../graph/yaml.ts';
import { type ProcessLimits, runLimited } from '../../limited-process.ts';
import { createLog } from '../../log.ts';
import type { ModelCard, RefusedModel } from '../../model-card.ts';
import type { ModelInspector } from '../../models/model-store.ts';
import type { AnyNode, ModelTrial } from '../../node.ts';
import { modelFolders, printFaults, type Surroundings } from '../command.ts';
import { isKnownFile } from './pull.ts';
import { type KnownModel, readRegistry } from './registry.ts';

export interface Inspector {
  /** Name of the node. */
  readonly node: string;
  /**
   * @param sets options of the node, `key=value`
   * @param trial what to run the model with; null: it is not run
   * @returns null when the options are wrong, which is printed
   */
  look(model: string, sets: readonly string[], trial: ModelTrial | null): Promise<ModelCard | RefusedModel | null>;
  /** Runs models on a grey picture, and on this one. @throws WindhoverError `usage` when there is no such file */
  trial(image: string | undefined): ModelTrial;
}

/** The first node whose contract offers it. @param state where uploaded models are, as --state says */
export async function openInspector(surroundings: Surroundings, state?: string): Promise<Inspector> {
  const { cwd, stderr } = surroundings;
  const contracts = await loadContracts(builtinNodes);
  const node = contracts.find(({ inspect }) => inspect !== undefined);
  const { picture } = contracts.find((each) => each.picture !== undefined) ?? {};
  if (node?.inspect === undefined) throw new WindhoverError('no_inspector', 'no built-in node runs models');
  const { inspect, name } = node;
  return {
    node: name,
    look: async (model, sets, trial) => {
      const isPath = /[/\\]/.test(model) || extname(model) !== '';
      const where = JSON.stringify(isPath ? resolve(cwd, model) : model);
      const params = options(node, [`model=${where}`, ...sets], surroundings);
      return params === null ? null : await inspect(params, { modelFolders: modelFolders(surroundings, state) }, trial);
    },
    trial: (image) => {
      const file = image === undefined ? undefined : resolve(cwd, image);
      if (file !== undefined && !existsSync(file)) throw new WindhoverError('usage', `there is no picture ${file}`);
      return {
        clock: new SystemClock(),
        log: createLog({ write: (line) => stderr.write(`${line}\n`), pretty: true, level: 'warn' }),
        picture: file === undefined || picture === undefined ? null : (request) => picture(file, request),
      };
    },
  };
}

/** Reading a model, and the 32-bit floats of a large one, take some; a machine must have as much left for itself. */
const MOST_MEMORY_BYTES = 4 * 2 ** 30;
const TRIAL_LIMITS: ProcessLimits = { memoryBytes: Math.min(MOST_MEMORY_BYTES, totalmem() / 2), timeoutMs: 60_000 };
const MAIN = join(import.meta.dir, '..', '..', 'main.ts');

/** The same for a server, which stays free of native code: models are run by the command, in a process with limits. */
export function modelInspector(surroundings: Surroundings, limits = TRIAL_LIMITS): ModelInspector {
  const opened = () => openInspector(surroundings);
  const file = join(surroundings.root, 'models', 'registry.json');
  let inspector: Promise<Inspector> | undefined;
  return {
    look: async (model) => {
      inspector ??= opened();
      const card = await (await inspector).look(model, [], null);
      if (card === null) throw new WindhoverError('no_inspector', 'the options of the node have faults');
      return await withLicence(card, existsSync(file) ? readRegistry(file) : []);
    },
    tryOut: async (model) => {
      const command = [process.execPath, MAIN, 'models', 'inspect', model, '--json'];
      const { stdout, failure } = await runLimited(command, limits);
      if (failure !== null) throw new WindhoverError('model_check_failed', `The model was run once, and ${failure}`);
      try {
        return JSON.parse(stdout) as ModelCard | RefusedModel;
      } catch (cause) {
        const why = `The model could not be run: ${errorMessage(cause)}`;
        throw new WindhoverError('model_check_failed', why, { cause });
      }
    },
  };
}

/** A file that does not name its licence but is a known model, to the byte, has that one's. */
export async function withLicence<T extends ModelCard | RefusedModel>(
  model: T,
  known: readonly KnownModel[],
): Promise<T> {
  const same = known.find(({ bytes }) => bytes === model.bytes);
  if ('error' in model || model.licence !== null || same === undefined) return model;
  return (await isKnownFile(model.file, same)) ? { ...model, licence: same.licence } : model;
}

/** The checked options of a node with defaults, as in a graph. */
function options({ name, params }: AnyNode, sets: readonly string[], surroundings: Surroundings) {
  const faults = new Faults('');
  const root = parseTree(`nodes: { ${name}: { with: {} } }`, faults);
  const named = sets.map((set) => `${name}.${set}`);
  const tree = root?.type === 'map' ? applySets(root, named, faults) : null;
  const withOf = tree ? locate(tree, ['nodes', name, 'with']).tree : undefined;
  const { cwd } = surroundings;
  const input = {
    schema: params,
    tree: withOf?.type === 'map' ? withOf : undefined,
    at: { line: 0, column: 0 },
    path: `nodes.${name}`,
  };
  const checked = checkParams({ ...input, bases: { graph: cwd, cwd } }, faults);
  return printFaults(faults.list(), surroundings) ? null : checked;
}
