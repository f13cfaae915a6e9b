/** GET /openapi: the API as a page, without scripts. GET /openapi/json: the same for programs. */
import type { Elysia } from 'elysia';

/** The part of an OpenAPI document that the page shows. */
interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly summary: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content & { readonly description: string }>>;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: Schema;
}

interface Content {
  readonly content?: { readonly 'application/json': { readonly schema: Schema } };
}

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
  h2 { font-size: 1.1rem; margin: 2rem 0 0; padding-top: 1rem; border-top: 1px solid #ccc }
  code, h2 { font-family: ui-monospace, monospace }
  summary { cursor: pointer }
  ul { margin: 0; padding-left: 1.5rem }`;
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
};

export function addOpenApi(app: Elysia, version: string): void {
  const info = { title: 'Windhover', version, description: 'Sessions, their metadata and commands.' };
  app.get('/openapi/json', () => ({ openapi: '3.1.0', info, paths: pathsOf(app) }));
  app.get('/openapi', () => new Response(page({ info, paths: pathsOf(app) }), { headers: HEADERS }));
}

/** The routes that are described (see `describe` in views.ts). */
function pathsOf(app: Elysia): Document['paths'] {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const { method, path, hooks } of app.routes) {
    const described = hooks.detail as Operation | undefined;
    if (!described) continue;
    const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => {
      return { name, in: 'path', required: true, schema: { type: 'string' } };
    });
    const parameters = [...inPath, ...(described.parameters ?? [])];
    const name = path.replaceAll(/:(\w+)/g, '{$1}');
    paths[name] = { ...paths[name], [method.toLowerCase()]: { ...described, parameters } };
  }
  return paths;
}

function page({ info, paths }: Document): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => section(`${method.toUpperCase()} ${path}`, operation)),
  );
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${text(info.title)} API</title>
  <link rel="icon" href="data:,">
  <style>${STYLE}</style>
</head>
<body>
  <h1>${text(info.title)} API</h1>
  <p>${text(info.description)} Version ${text(info.version)}. For programs: <a href="/openapi/json">/openapi/json</a>.</p>
  ${operations.join('\n')}
</body>
</html>
`;
}

function section(heading: string, { summary, parameters = [], requestBody, responses }: Operation): string {
  const given = parameters.map(({ name, in: where, schema }) => {
    return `<p><code>${text(name)}</code> in the ${text(where)}: ${described(schema)}</p>`;
  });
  const answers = Object.entries(responses).map(([status, { description, content }]) =>
    part(`${status} ${description}`, content),
  );
  const body = requestBody ? [part('body', requestBody.content)] : [];
  return `<h2>${text(heading)}</h2>\n<p>${text(summary)}</p>\n${[...given, ...body, ...answers].join('\n')}`;
}

function part(heading: string, content: Content['content']): string {
  const schema = content?.['application/json'].schema;
  if (!schema) return `<div>${text(heading)}</div>`;
  return `<details><summary>${text(heading)}</summary>${described(schema)}</details>`;
}

/** What a value is, what it means, and the fields of a mapping. */
function described(schema: Schema, optional = false): string {
  const note = schema.description === undefined ? '' : ` – ${text(schema.description)}`;
  return `${kind(schema)}${optional ? ', optional' : ''}${note}${fields(schema)}`;
}

function kind({ type = 'any value', anyOf, items, ...schema }: Schema): string {
  if (anyOf) return anyOf.map(kind).join(' or ');
  if (items) return `list of ${kind(items)}`;
  const values = schema.enum ?? (schema.const === undefined ? [] : [schema.const]);
  return values.map((value) => `<code>${text(JSON.stringify(value))}</code>`).join(' or ') || text(type);
}

function fields({ anyOf = [], items, properties = {}, required = [] }: Schema): string {
  const inner = [...anyOf, ...(items ? [items] : [])].map(fields).join('');
  const own = Object.entries(properties).map(([name, field]) => {
    return `<li><code>${text(name)}</code>: ${described(field, !required.includes(name))}</li>`;
  });
  return own.length === 0 ? inner : `<ul>${own.join('')}</ul>${inner}`;
}

function text(plain: string): string {
  return Bun.escapeHTML(plain);
}
