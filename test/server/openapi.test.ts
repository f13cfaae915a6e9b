/** The OpenAPI document: exactly the routes that there are, each with its answers, and examples that fit. */
import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import { apiApp, apiDocument, apiTypes, typeOf } from '../../runtime/cli/api-types.ts';
import { API_TYPES } from '../../runtime/cli/schemas.ts';
import { ROOT } from '../support/command.ts';

const { stdout, stderr } = process;
const surroundings = { root: ROOT, cwd: ROOT, env: {}, stdout, stderr };
const document = apiDocument(surroundings);
const operations = document.then(({ paths }) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, ...operation })),
  ),
);

test('the router and the document have the same routes', async () => {
  const { routes } = (await apiApp(surroundings)).http;
  const inRouter = routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
  expect((await operations).map(({ route }) => route).toSorted()).toEqual(inRouter.toSorted());
  expect(inRouter.length).toBeGreaterThan(40);
});

test('each says what it does, for whom, which parameters its path has, and how it fails', async () => {
  for (const { route, summary, parameters = [], responses, ...operation } of await operations) {
    expect([route, summary.length > 5, operation['x-role']]).toEqual([route, true, expect.any(String)]);
    const named = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => `{${name}}`);
    expect([route, named]).toEqual([route, route.match(/\{\w+\}/g) ?? []]);
    const statuses = Object.keys(responses).map(Number);
    expect([route, statuses.some((status) => status < 400)]).toEqual([route, true]);
    for (const [status, { description, content }] of Object.entries(responses)) {
      expect([route, status, description.length > 1]).toEqual([route, status, true]);
      if (Number(status) < 400) continue;
      const schema = JSON.stringify(content?.['application/json']?.schema);
      expect([route, status, schema?.includes('"error"')]).toEqual([route, status, true]);
    }
    // What names something that may not be there can miss it.
    if (named.length > 0) expect([route, statuses.includes(404)]).toEqual([route, true]);
  }
});

test('examples fit their schemas', async () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  let count = 0;
  for (const { route, requestBody, responses } of await operations) {
    for (const [of, { content }] of Object.entries({ ...responses, ...(requestBody ? { body: requestBody } : {}) })) {
      const json = content?.['application/json'];
      if (!json) continue;
      count += 1;
      const isValid = ajv.compile(json.schema);
      isValid(json.example);
      expect([route, of, ajv.errorsText(isValid.errors)]).toEqual([route, of, 'No errors']);
    }
  }
  expect(count).toBeGreaterThan(100);
});

test('the types of the page are those of the document', async () => {
  expect(readFileSync(join(ROOT, API_TYPES), 'utf8')).toBe(apiTypes(await document));
});

test.each([
  [{ type: 'integer' }, 'number'],
  [{ const: 'a' }, '"a"'],
  [{ enum: ['a', 1] }, '"a" | 1'],
  [{ anyOf: [{ type: 'string' }, { type: 'null' }, { type: 'string' }] }, 'string | null'],
  [{ type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'null' }] } }, '(string | null)[]'],
  [{ type: 'array', items: [{ type: 'number' }, { type: 'number' }] }, '[number, number]'],
  [
    { type: 'object', properties: { a: {}, 'b-c': { type: 'boolean' } }, required: ['a'] },
    '{ a: unknown; "b-c"?: boolean }',
  ],
  [{ type: 'object', patternProperties: { '.*': { type: 'number' } } }, 'Record<string, number>'],
  [{ type: 'object', additionalProperties: { type: 'string' } }, 'Record<string, string>'],
])('%j as a type', (schema, type) => {
  expect(typeOf(schema)).toBe(type);
});
