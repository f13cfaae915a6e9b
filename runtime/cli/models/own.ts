/**
 * `bun run models add` and `remove`: what a server does at an upload, by the same code. Which cameras use a model only their
 * server knows: it refuses to replace or delete that one, and this command does not.
 */
import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { WindhoverError } from '../../errors.ts';
import { ModelStore } from '../../models/model-store.ts';
import { modelFolders, type Surroundings } from '../command.ts';
import { modelInspector } from './inspector.ts';

const nobody = async () => [];

/**
 * Opens the file and runs it once in a process with limits, then copies it to the uploaded models.
 * @param mayReplace an uploaded model of the same name
 * @throws WindhoverError `usage`, or what `ModelStore.add` throws; nothing is left of it then
 */
export async function addModel(
  file: string,
  { mayReplace, state }: { readonly mayReplace: boolean; readonly state: string | undefined },
  surroundings: Surroundings,
): Promise<void> {
  const path = resolve(surroundings.cwd, file);
  if (!existsSync(path)) throw new WindhoverError('usage', `there is no file ${path}`);
  const receive = async (write: (bytes: Uint8Array) => Promise<void>) => {
    for await (const chunk of Bun.file(path).stream()) await write(chunk);
    return basename(path);
  };
  const { name } = await store(state, surroundings).add(receive, { mayReplace, inUse: nobody, toReplace: '--force' });
  surroundings.stdout.write(`added ${name}\n`);
}

/** @throws WindhoverError `unknown_model`, `model_of_project` */
export async function removeModel(name: string, state: string | undefined, surroundings: Surroundings): Promise<void> {
  await store(state, surroundings).remove(name, nobody);
  surroundings.stdout.write(`removed ${name}\n`);
}

function store(state: string | undefined, surroundings: Surroundings): ModelStore {
  return new ModelStore(modelFolders(surroundings, state), modelInspector(surroundings));
}
