/** The types of the HTTP API for programs in TypeScript, made of the OpenAPI document of a server with all routes. */
import { Catalog } from '../catalog/catalog.ts';
import { SystemClock } from '../clock.ts';
import { WindhoverError } from '../errors.ts';
import { createLog } from '../log.ts';
import { ModelStore } from '../models/model-store.ts';
import { type App, createApp } from '../server/app.ts';
import type { JsonSchema } from '../server/json-schema.ts';
import type { ApiDocument, Operation } from '../server/openapi.ts';
import { addReplay } from '../server/replay.ts';
import { SessionSet } from '../session/session-set.ts';
import { loadOptions, type Surroundings } from './command.ts';
import { modelInspector } from './models/inspector.ts';

/** An app with everything that one may have, of which the routes alone are of interest. */
export async function apiApp(surroundings: Surroundings): Promise<App> {
  const [clock, log] = [new SystemClock(), createLog({ write: () => undefined, pretty: false })];
  const nothing = () => {
    throw new WindhoverError('no_server', 'only the routes of this server are of interest');
  };
  const app = createApp({
    sessions: new SessionSet({ graphs: [], clock, log, modelFolders: [] }),
    catalog: await Catalog.load([], loadOptions(surroundings)),
    models: new ModelStore([], modelInspector(surroundings)),
    history: nothing,
    version: '',
    clock,
    log,
  });
  addReplay(app.http, { view: nothing, change: nothing, video: '' });
  return app;
}

export async function apiDocument(surroundings: Surroundings): Promise<ApiDocument> {
  const app = await apiApp(surroundings);
  const answer = await app.handle(new Request('http://localhost/openapi/json'));
  return (await answer.json()) as ApiDocument;
}

/** One entry a route: `'GET /sessions/{id}': { path: { id: string }; answer: { … } }`. */
export function apiTypes({ paths }: ApiDocument): string {
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      return `  /** ${operation.summary.replace(/[.?]?$/, (end) => end || '.')} */\n  '${method.toUpperCase()} ${path}': ${routeType(operation)};`;
    }),
  );
  return [
    '/** The HTTP API: made by `bun run schemas` of what the routes say of themselves. */',
    'export interface Api {',
    ...routes.toSorted((a, b) => (route(a) < route(b) ? -1 : 1)),
    '}\n',
  ].join('\n');
}

function route(entry: string): string {
  return entry.slice(entry.indexOf("'"));
}

function routeType({ parameters = [], requestBody, responses }: Operation): string {
  const of = (place: string) => {
    const found = parameters.filter((parameter) => parameter.in === place);
    const fields = found.map(({ name, required, schema }) => `${name}${required ? '' : '?'}: ${typeOf(schema)}`);
    return fields.length === 0 ? [] : [`${place}: { ${fields.join('; ')} }`];
  };
  const body = requestBody?.content['application/json']?.schema;
  const answers = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  const types = answers.map(([, { content }]) => {
    const schema = content?.['application/json']?.schema;
    return schema ? typeOf(schema) : content ? 'string' : 'undefined';
  });
  const parts = [...of('path'), ...of('query'), ...(body ? [`body: ${typeOf(body)}`] : [])];
  return `{ ${[...parts, `answer: ${[...new Set(types)].join(' | ') || 'undefined'}`].join('; ')} }`;
}

/** A JSON JsonSchema as a type; what no type can say is `unknown`. */
export function typeOf(schema: JsonSchema): string {
  const { type, items, properties, required = [] } = schema;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return union(schema.enum.map((value) => JSON.stringify(value)));
  if (schema.anyOf) return union(schema.anyOf.map(typeOf));
  if (schema.allOf) return schema.allOf.map(typeOf).join(' & ');
  if (type === 'array') {
    if (Array.isArray(items)) return `[${items.map(typeOf).join(', ')}]`;
    return `(${items ? typeOf(items as JsonSchema) : 'unknown'})[]`;
  }
  if (type === 'object' || properties) {
    if (!properties) return `Record<string, ${typeOf(valuesOf(schema))}>`;
    const fields = Object.entries(properties).map(([name, field]) => {
      const key = /^\w+$/.test(name) ? name : JSON.stringify(name);
      return `${key}${required.includes(name) ? '' : '?'}: ${typeOf(field)}`;
    });
    return `{ ${fields.join('; ')} }`;
  }
  if (type === 'integer') return 'number';
  return type !== undefined && ['string', 'number', 'boolean', 'null'].includes(type) ? type : 'unknown';
}

function valuesOf({ patternProperties, additionalProperties }: JsonSchema): JsonSchema {
  const [pattern] = Object.values(patternProperties ?? {});
  return pattern ?? (typeof additionalProperties === 'object' ? additionalProperties : {});
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(' | ');
}
