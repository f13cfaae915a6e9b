/** `bun run models`: which models there are, what the node that runs them makes of one, getting well-known ones, and own ones for a server. */
import { join, resolve } from 'node:path';
import { WindhoverError } from '../../errors.ts';
import { modelFiles } from '../../models/model-files.ts';
import { suggestion } from '../../nearest.ts';
import { modelFolders, parseCommandLine, type Surroundings } from '../command.ts';
import { openInspector, withLicence } from './inspector.ts';
import { addModel, removeModel } from './own.ts';
import { pullModels } from './pull.ts';
import { type KnownModel, readRegistry } from './registry.ts';
import { cardText, modelsText } from './text.ts';

const USAGE = `bun run models [list] [--json] [--state DIR]
       bun run models inspect FILE|NAME [--set option=value]… [--image PICTURE] [--json] [--state DIR]
       bun run models pull NAME… [--force]
       bun run models add FILE [--force] [--state DIR]
       bun run models remove NAME [--state DIR]
       [--registry FILE]: known models of your own, in the form of models/registry.json`;
const OPTIONS = {
  json: { type: 'boolean', default: false },
  force: { type: 'boolean', default: false },
  registry: { type: 'string' },
  set: { type: 'string', multiple: true },
  image: { type: 'string' },
  state: { type: 'string' },
} as const;
const ACTIONS = ['list', 'inspect', 'pull', 'add', 'remove'];

export async function modelsCommand(args: string[], surroundings: Surroundings): Promise<number> {
  const { values, positionals } = parseCommandLine(args, OPTIONS, USAGE);
  const [action = 'list', ...names] = positionals;
  const known = () => registry(values.registry, surroundings);
  if (action === 'list' && names.length === 0) return await list(known(), values, surroundings);
  if (action === 'inspect' && names.length === 1) {
    return await inspect(names[0] ?? '', known(), values, surroundings);
  }
  if (action === 'pull' && names.length > 0) return await pullModels(names, known(), values.force, surroundings);
  if (action === 'add' && names.length === 1) {
    await addModel(names[0] ?? '', { mayReplace: values.force, state: values.state }, surroundings);
    return 0;
  }
  if (action === 'remove' && names.length === 1) {
    await removeModel(names[0] ?? '', values.state, surroundings);
    return 0;
  }
  const what = ACTIONS.includes(action)
    ? `${action}: ${action === 'list' ? 'takes no further words' : action === 'add' ? 'name a file' : 'name a model'}`
    : `'${action}' is nothing to do with models${suggestion(action, ACTIONS, 'actions')}`;
  throw new WindhoverError('usage', `${what}\nusage: ${USAGE}`);
}

function registry(file: string | undefined, { root, cwd }: Surroundings): readonly KnownModel[] {
  return readRegistry(file === undefined ? join(root, 'models', 'registry.json') : resolve(cwd, file));
}

/** The models that graphs find by name, then the known ones that are not there. */
async function list(
  known: readonly KnownModel[],
  { json, state }: { readonly json: boolean; readonly state?: string },
  surroundings: Surroundings,
): Promise<number> {
  const { stdout } = surroundings;
  const { look } = await openInspector(surroundings);
  const looked = await Promise.all(modelFiles(modelFolders(surroundings, state)).map((file) => look(file, [], null)));
  const models = await Promise.all(looked.flatMap((model) => (model === null ? [] : [withLicence(model, known)])));
  const missing = known.filter(({ name }) => !models.some((model) => model.name === name));
  stdout.write(json ? jsonText({ models, known: missing }) : modelsText(models, missing));
  return 0;
}

async function inspect(
  model: string,
  known: readonly KnownModel[],
  {
    json,
    set,
    image,
    state,
  }: { readonly json: boolean; readonly set?: string[]; readonly image?: string; readonly state?: string },
  surroundings: Surroundings,
): Promise<number> {
  const { stdout, stderr } = surroundings;
  const inspector = await openInspector(surroundings, state);
  const found = await inspector.look(model, set ?? [], inspector.trial(image));
  if (found === null) return 1;
  const card = await withLicence(found, known);
  if (json) stdout.write(jsonText(card));
  if (!('error' in card)) {
    if (!json) stdout.write(cardText(card));
    return 0;
  }
  const { code, option, message } = card.error;
  if (!json) stderr.write(`${card.file}: ${inspector.node}.${option}: ${message} [${code}]\n`);
  return 1;
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
