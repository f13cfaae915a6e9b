/**
 * The models of a server: what there is, what is known about each, taking in new ones, and removing them.
 *
 * A file that comes from outside is opened and run once in a process of its own, with limits of memory and time, before
 * it gets a name that graphs find. It is alone in its folder meanwhile, so that it finds no other file beside it.
 */
import { mkdirSync, readdirSync, renameSync, rmSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode, errorMessage, WindhoverError } from '../errors.ts';
import type { ModelCard, RefusedModel } from '../model-card.ts';
import { cleanName, modelFile, modelFiles, modelName } from './model-files.ts';

/** How the node that runs models reads a file. */
export interface ModelInspector {
  /** Reads the file alone. */
  look(file: string): Promise<ModelCard | RefusedModel>;
  /** Runs it once in a process of its own. @throws WindhoverError `model_check_failed`: that process came to no end */
  tryOut(file: string): Promise<ModelCard | RefusedModel>;
}

export interface Model {
  readonly name: string;
  readonly file: string;
  readonly stat: Stats;
  readonly isUploaded: boolean;
  readonly card: ModelCard | RefusedModel;
}

/** By which nodes a file is used. */
export type InUse = (file: string) => Promise<readonly string[]>;
/** Writes a file; gives the name that it had where it comes from. */
type Receive = (write: (bytes: Uint8Array) => Promise<void>) => Promise<string>;

/** How a model is taken in. */
export interface Taking {
  /** An uploaded model of this name that nobody uses. */
  readonly mayReplace: boolean;
  readonly inUse: InUse;
  /** What to say so that it may. */
  readonly toReplace: string;
}

/** In the folder of uploads; not one that graphs look into. */
const INCOMING = '.incoming';
/** What is older was left behind by a server that died. */
const STALE_MS = 3_600_000;

export class ModelStore {
  /** All that graphs look into, in order; the last one takes what is uploaded. */
  readonly folders: readonly string[];
  readonly #inspector: ModelInspector;
  /** By file: what was found out about this version of it. */
  readonly #cards = new Map<string, { readonly version: string; readonly card: ModelCard | RefusedModel }>();
  /** Versions of files that were run without harm. */
  readonly #tried = new Map<string, string>();
  #isReceiving = false;

  constructor(folders: readonly string[], inspector: ModelInspector) {
    this.folders = folders;
    this.#inspector = inspector;
  }

  async list(): Promise<Model[]> {
    const models = await Promise.all(modelFiles(this.folders).map((file) => this.#model(file)));
    return models.filter((model) => model !== null);
  }

  /** @throws WindhoverError `unknown_model` */
  async get(name: string): Promise<Model> {
    const model = await this.#model(modelFile(name, this.folders));
    if (model === null) throw new WindhoverError('unknown_model', `Unknown model: ${name}`);
    return model;
  }

  /** @throws WindhoverError `model_refused`: it can't be run */
  async tryOut({ file, card }: Model): Promise<void> {
    if ('error' in card) throw refused(card, dirname(file));
    if (this.#tried.get(file) === versionOf(file)) return;
    const tried = await this.#inspector.tryOut(file);
    if ('error' in tried) throw refused(tried, dirname(file));
    this.#tried.set(file, versionOf(file));
  }

  /**
   * Takes in a model.
   * @throws WindhoverError `upload_busy`, `model_name_invalid`, `model_exists`, `model_in_use`, `model_refused`,
   *   `model_check_failed`, `model_store_full`, or what `receive` throws; nothing is left of it then
   */
  async add(receive: Receive, taking: Taking): Promise<Model> {
    if (this.#isReceiving) throw new WindhoverError('upload_busy', 'Another model is being uploaded');
    this.#isReceiving = true;
    const incoming = this.#newFolder();
    try {
      const draft = join(incoming, `draft${SUFFIX}`);
      const name = cleanName(await receiveInto(draft, receive));
      const file = join(incoming, `${name}${SUFFIX}`);
      const target = join(this.#uploads, `${name}${SUFFIX}`);
      renameSync(draft, file);
      await this.#requireFree(target, taking);
      const card = await this.#inspector.tryOut(file);
      if ('error' in card) throw refused(card, incoming);
      // Somebody may have begun to use it meanwhile.
      await this.#requireFree(target, taking);
      renameSync(file, target);
      this.#tried.set(target, versionOf(target));
      return await this.get(name);
    } catch (error) {
      throw errorCode(error) === 'ENOSPC'
        ? new WindhoverError('model_store_full', 'There is no room on the disk')
        : error;
    } finally {
      rmSync(incoming, { recursive: true, force: true });
      this.#isReceiving = false;
    }
  }

  /** @throws WindhoverError `unknown_model`, `model_in_use`, `model_of_project` */
  async remove(name: string, inUse: InUse): Promise<void> {
    const { file, isUploaded } = await this.get(name);
    refuseInUse(name, await inUse(file));
    if (!isUploaded) {
      throw new WindhoverError(
        'model_of_project',
        `Model ${name} was not uploaded: it belongs to the project's folder`,
      );
    }
    rmSync(file);
  }

  get #uploads(): string {
    return this.folders.at(-1) ?? '';
  }

  /** @throws WindhoverError `model_exists`, `model_in_use` */
  async #requireFree(target: string, { mayReplace, inUse, toReplace }: Taking): Promise<void> {
    const name = modelName(target);
    const known = modelFiles(this.folders).find((file) => modelName(file) === name);
    if (known !== undefined && known !== target) {
      throw new WindhoverError('model_exists', `The project has a model ${name} of its own: upload it by another name`);
    }
    if (known === undefined) return;
    if (!mayReplace) {
      throw new WindhoverError('model_exists', `There is a model ${name} already`, {
        hint: `replace it: ${toReplace}`,
      });
    }
    refuseInUse(name, await inUse(target));
  }

  async #model(file: string): Promise<Model | null> {
    const stat = statSync(file, { throwIfNoEntry: false });
    if (!stat) return null;
    const version = versionOf(file);
    const known = this.#cards.get(file);
    const card = known?.version === version ? known.card : await this.#inspector.look(file);
    this.#cards.set(file, { version, card });
    return { name: modelName(file), file, stat, isUploaded: dirname(file) === this.#uploads, card };
  }

  #newFolder(): string {
    const all = join(this.#uploads, INCOMING);
    mkdirSync(all, { recursive: true });
    for (const name of readdirSync(all)) {
      const folder = join(all, name);
      const { mtimeMs = 0 } = statSync(folder, { throwIfNoEntry: false }) ?? {};
      if (Date.now() - mtimeMs > STALE_MS) rmSync(folder, { recursive: true, force: true });
    }
    const folder = join(all, crypto.randomUUID());
    mkdirSync(folder);
    return folder;
  }
}

const SUFFIX = '.onnx';

async function receiveInto(draft: string, receive: Receive): Promise<string> {
  const handle: FileHandle = await open(draft, 'wx', 0o644);
  try {
    const name = await receive(async (bytes) => {
      for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
    });
    await handle.sync();
    return name;
  } finally {
    await handle.close();
  }
}

/** Differs once a file was replaced. */
function versionOf(file: string): string {
  const { dev, ino, size, mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? {};
  return [dev, ino, size, mtimeMs].join(' ');
}

function refuseInUse(name: string, users: readonly string[]): void {
  if (users.length === 0) return;
  throw new WindhoverError('model_in_use', `Model ${name} is in use: ${users.join(', ')}`);
}

/** Where the file lies is nobody's business. */
function refused({ error }: RefusedModel, folder: string): WindhoverError {
  const message = errorMessage(error.message).replaceAll(`${folder}/`, '');
  return new WindhoverError('model_refused', `${message} [${error.code}]`);
}
