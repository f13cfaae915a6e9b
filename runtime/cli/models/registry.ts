/** The models that can be pulled: models/registry.json, or a file of the same form. */
import { readFileSync } from 'node:fs';
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { errorMessage, WindhoverError } from '../../errors.ts';
import { schemaFaults } from '../../graph/schema-errors.ts';
import { isLoopback } from '../../loopback.ts';
import { suggestion } from '../../nearest.ts';

const closed = { additionalProperties: false };
const side = Type.Integer({ minimum: 1, maximum: 65_535 });

export const KnownModel = Type.Object(
  {
    name: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9_-]*$',
      maxLength: 100,
      description: 'What graphs call it: NAME.onnx in the model folder.',
    }),
    url: Type.String({ description: 'https, or http on this machine.' }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'Of the whole file, in lower-case hex.' }),
    bytes: Type.Integer({ minimum: 1, maximum: 2 ** 31, description: 'Size of the file.' }),
    licence: Type.String({ minLength: 1, description: 'SPDX identifier of what the publisher says.' }),
    source: Type.String({ minLength: 1, description: 'Page of who publishes it.' }),
    family: Type.String({ minLength: 1, description: 'How detect will read it; for the list only.' }),
    classes: Type.String({ minLength: 1, description: 'What it finds, in a few words; for the list only.' }),
    input: Type.Object({ w: side, h: side }, { ...closed, description: 'Pixels; for the list only.' }),
  },
  closed,
);
export type KnownModel = Static<typeof KnownModel>;

const Registry = Type.Object({ version: Type.Literal(1), models: Type.Array(KnownModel) }, closed);

/** @throws WindhoverError `registry_invalid`, with everything that is wrong with the file */
export function readRegistry(file: string): readonly KnownModel[] {
  let registry: unknown;
  try {
    registry = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new WindhoverError('registry_invalid', `${file}: can't be read as JSON: ${errorMessage(cause)}`, { cause });
  }
  if (!Value.Check(Registry, registry)) {
    const faults = schemaFaults(Registry, registry);
    throw invalid(
      file,
      faults.map(({ keys, message }) => `${keys.join('.') || 'the file'}: ${message}`),
    );
  }
  const { models } = registry;
  const names = models.map(({ name }) => name);
  const faults = models.flatMap(({ name, url }, i) => [
    ...(isSafeUrl(url) ? [] : [`models.${i}.url: must begin with https:// (or http:// on this machine), got '${url}'`]),
    ...(names.indexOf(name) === i ? [] : [`models.${i}.name: '${name}' is there already`]),
  ]);
  if (faults.length > 0) throw invalid(file, faults);
  return models;
}

/** @throws WindhoverError `model_unknown`, with the nearest name */
export function findKnown(name: string, models: readonly KnownModel[]): KnownModel {
  const found = models.find((model) => model.name === name);
  if (found !== undefined) return found;
  const known = models.map((model) => model.name);
  throw new WindhoverError('model_unknown', `no known model is called '${name}'${suggestion(name, known, 'models')}`);
}

function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

function invalid(file: string, faults: readonly string[]): WindhoverError {
  return new WindhoverError('registry_invalid', faults.map((fault) => `${file}: ${fault}`).join('\n'));
}
