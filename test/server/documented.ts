/** Holds every answer of an app against its own OpenAPI document: the route, the status, and the schema of the body. */
import Ajv2020 from 'ajv/dist/2020';
import type { App } from '../../runtime/server/app.ts';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}
interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema: object }>> }>>;
}

export class Documented {
  readonly #answer: (request: Request) => Promise<Response>;
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false });
  #document: Promise<Document> | undefined;

  /** @param origin of a server; or an app without a port */
  constructor(server: App | string) {
    this.#answer = typeof server === 'string' ? (request) => fetch(request) : (request) => server.handle(request);
    this.origin = typeof server === 'string' ? server : 'http://localhost';
  }

  readonly origin: string;

  /** @throws when the answer is none of those that the document names */
  async ask(request: Request): Promise<Response> {
    const answer = await this.#answer(request);
    const text = await answer.clone().text();
    const { pathname } = new URL(request.url);
    this.#document ??= this.document();
    const problem = this.#problem(await this.#document, request.method, pathname, answer, text);
    if (problem !== null) throw new Error(`${request.method} ${pathname} ${answer.status}: ${problem}: ${text}`);
    return answer;
  }

  async document(): Promise<Document> {
    return JSON.parse(await (await this.#answer(new Request(`${this.origin}/openapi/json`))).text());
  }

  #problem(document: Document, method: string, path: string, answer: Response, text: string): string | null {
    const operation = find(document, method, path);
    // Of a path that is none there is nothing to say.
    if (operation === undefined) return [404, 405].includes(answer.status) ? null : 'is not documented';
    const response = operation.responses[answer.status];
    if (response === undefined) return `this status is not documented (${Object.keys(operation.responses)})`;
    const schema = response.content?.['application/json']?.schema;
    if (schema === undefined) return null;
    const isValid = this.#ajv.compile(schema);
    return isValid(JSON.parse(text)) ? null : this.#ajv.errorsText(isValid.errors);
  }
}

/** A path without parameters goes before one with. */
function find({ paths }: Document, method: string, path: string): Operation | undefined {
  const fits = Object.keys(paths).filter((template) => {
    return new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path);
  });
  const [best = ''] = fits.toSorted((a, b) => a.split('{').length - b.split('{').length);
  return paths[best]?.[method.toLowerCase()];
}
