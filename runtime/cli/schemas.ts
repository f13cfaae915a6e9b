/** `bun run schemas`: writes the JSON Schemas that editors and clients read, and the types of the HTTP API for the page. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { builtinNodes } from '../../nodes/index.ts';
import { wireSchemas } from '../../schemas/write.ts';
import { graphFileSchema } from '../graph/graph-schema.ts';
import { loadContracts } from '../graph/modules.ts';
import { serverFileSchema } from '../sinks/config.ts';
import { builtinSinks } from '../sinks/index.ts';
import { apiDocument, apiTypes } from './api-types.ts';
import { parseCommandLine, type Surroundings } from './command.ts';

/** Every generated schema: file name in `schemas/` and text. */
export async function schemaFiles(): Promise<Record<string, string>> {
  const schemas = {
    'graph.schema.json': graphFileSchema(await loadContracts(builtinNodes)),
    'server.schema.json': serverFileSchema(builtinSinks),
    ...wireSchemas(),
  };
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, `${JSON.stringify(schema, null, 2)}\n`]),
  );
}

/** What the page calls the HTTP API by. */
export const API_TYPES = 'web/page/api.d.ts';

export async function schemasCommand(args: string[], surroundings: Surroundings): Promise<number> {
  parseCommandLine(args, {}, 'bun run schemas');
  const { root, stdout } = surroundings;
  for (const [name, text] of Object.entries(await schemaFiles())) {
    writeFileSync(join(root, 'schemas', name), text);
    stdout.write(`schemas/${name}\n`);
  }
  const types = join(root, API_TYPES);
  mkdirSync(dirname(types), { recursive: true });
  writeFileSync(types, apiTypes(await apiDocument(surroundings)));
  stdout.write(`${API_TYPES}\n`);
  return 0;
}
