/** The built-in nodes behind `bun run models`: the one that runs models says what it makes of them. */
import { existsSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { builtinNodes } from '../../../nodes/index.ts';
import { SystemClock } from '../../clock.ts';
import { WindhoverError } from '../../errors.ts';
import { Faults } from '../../graph/faults.ts';
import { loadContracts } from '../../graph/modules.ts';
import { checkParams } from '../../graph/params.ts';
import { applySets } from '../../graph/sets.ts';
import { locate } from '../../graph/tree.ts';
import { parseTree } from '../../graph/yaml.ts';
import { createLog } from '../../log.ts';
import type { ModelCard, RefusedModel } from '../../model-card.ts';
import type { AnyNode, ModelTrial } from '../../node.ts';
import { modelFolders, printFaults, type Surroundings } from '../command.ts';

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

/** The first node whose contract offers it. */
export async function openInspector(surroundings: Surroundings): Promise<Inspector> {
  const { root, cwd, stderr } = surroundings;
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
      return params === null ? null : await inspect(params, { modelFolders: modelFolders(root) }, trial);
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
