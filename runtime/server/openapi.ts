/** GET /openapi: the API as a page, without scripts. GET /openapi/json: the same for programs. */
import { Type } from '@sinclair/typebox';
import type { Elysia } from 'elysia';
import { type Content, describe, type RouteDetail } from './views.ts';

/** What there is in our OpenAPI document. */
export interface ApiDocument {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

export interface Operation extends RouteDetail {
  readonly parameters?: readonly Parameter[];
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly schema: object;
}

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
  h2 { font-size: 1.1rem; margin: 2rem 0 0; padding-top: 1rem; border-top: 1px solid #ccc }
  h2 { font-family: ui-monospace, monospace }
  summary { cursor: pointer }
  pre { margin: 0 0 1rem 1.1rem; font-size: 0.85rem; white-space: pre-wrap }`;
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
};

const DocumentSchema = Type.Object({
  openapi: Type.String(),
  info: Type.Object({ title: Type.String(), version: Type.String(), description: Type.String() }),
  paths: Type.Record(Type.String(), Type.Unknown()),
});

export function addOpenApi(app: Elysia, version: string): void {
  const info = { title: 'Windhover', version, description: 'Sessions, their metadata and commands.' };
  app.get('/openapi/json', () => ({ openapi: '3.1.0', info, paths: pathsOf(app) }), {
    detail: describe(
      'This description for programs',
      { 200: { says: 'OpenAPI 3.1', schema: DocumentSchema } },
      { role: 'public' },
    ),
  });
  app.get('/openapi', () => new Response(page({ info, paths: pathsOf(app) }), { headers: HEADERS }), {
    detail: describe('This description as a page', { 200: { says: 'HTML' } }, { role: 'public' }),
  });
}

/** All routes, as they are described (see `describe` in views.ts). */
function pathsOf(app: Elysia): ApiDocument['paths'] {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const { method, path, hooks } of app.routes) {
    const described = hooks.detail as Operation | undefined;
    if (!described) continue;
    const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => {
      return { name, in: 'path' as const, required: true, schema: { type: 'string' } };
    });
    const parameters = [...inPath, ...(described.parameters ?? [])];
    const name = path.replaceAll(/:(\w+)/g, '{$1}');
    paths[name] = { ...paths[name], [method.toLowerCase()]: { ...described, parameters } };
  }
  return paths;
}

function page({ info, paths }: ApiDocument): string {
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

function section(heading: string, operation: Operation): string {
  const { summary, parameters = [], requestBody, responses } = operation;
  const parts = [
    ...parameters.map(({ name, schema }) => part(name, schema)),
    ...(requestBody ? [part('body', schemaOf(requestBody))] : []),
    ...Object.entries(responses).map(([status, answer]) => part(`${status} ${answer.description}`, schemaOf(answer))),
  ];
  return `<h2>${text(heading)}</h2>\n<p>${text(summary)}. For: ${operation['x-role']}.</p>\n${parts.join('\n')}`;
}

function schemaOf({ content = {} }: { readonly content?: Content }): object | undefined {
  return Object.values(content)[0]?.schema;
}

function part(heading: string, schema: object | undefined): string {
  const shown = schema ? `<pre>${text(JSON.stringify(schema, null, 2))}</pre>` : '';
  return `<details><summary>${text(heading)}</summary>${shown}</details>`;
}

function text(plain: string): string {
  return Bun.escapeHTML(plain);
}
