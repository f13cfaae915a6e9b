/** The virtual camera behind something that makes it odd in ways real ones are, and a driver for it. */
import type { PtzDriver } from '../../ptz/driver.ts';
import type { OnvifOptions } from '../../ptz/onvif/options.ts';
import { driverFor, Rig } from './rig.ts';

/** `silence`: it never answers, and time passes until nobody waits any more. */
export type Reply = string | Response | 'silence';

export interface Oddity {
  /** Instead of what the camera would do; undefined: it does that. May change what it is asked. */
  readonly instead?: (operation: string, request: string) => Reply | { readonly ask: string } | undefined;
  /** Of what it answers. */
  readonly after?: (operation: string, answer: string) => Reply;
}

const REQUEST_MS = 1500;

export class OddCamera implements AsyncDisposable {
  readonly rig: Rig;
  readonly driver: PtzDriver;
  /** What it was asked, in order. */
  readonly requests: { readonly operation: string; readonly xml: string; readonly contentType: string }[] = [];
  readonly #server: Bun.Server<undefined>;

  private constructor(rig: Rig, oddity: Oddity, options: Partial<OnvifOptions>) {
    this.rig = rig;
    this.#server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: async (request) => await this.#answer(request, oddity),
    });
    const url = `127.0.0.1:${this.#server.port}`;
    this.driver = driverFor(rig.server, { request_ms: REQUEST_MS, url, ...options }, rig.time);
  }

  static async start(oddity: Oddity, options: Partial<OnvifOptions> = {}, quirks: string[] = []): Promise<OddCamera> {
    return new OddCamera(await Rig.start(quirks), oddity, options);
  }

  get port(): number {
    return this.#server.port ?? 0;
  }

  asked(operation: string): string[] {
    return this.requests.filter((request) => request.operation === operation).map(({ xml }) => xml);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true);
    await this.rig[Symbol.asyncDispose]();
  }

  async #answer(request: Request, { instead, after }: Oddity): Promise<Response> {
    const text = await request.text();
    const operation = /Body><(\w+)/.exec(text)?.[1] ?? '';
    const xml = /<(?:\w+:)?Body>([\s\S]*)<\/(?:\w+:)?Body>/.exec(text)?.[1] ?? '';
    this.requests.push({ operation, xml, contentType: request.headers.get('content-type') ?? '' });
    const other = instead?.(operation, text);
    if (other !== undefined && !(typeof other === 'object' && 'ask' in other)) return await this.#send(200, other);
    const { pathname } = new URL(request.url);
    const { status, body, challenges } = this.rig.server.device.answer({
      method: request.method,
      target: pathname,
      authorization: request.headers.get('authorization') ?? undefined,
      text: other?.ask ?? text,
      origin: `http://127.0.0.1:${this.#server.port}`,
    });
    const answer = await this.#send(status, after?.(operation, body) ?? body);
    for (const challenge of challenges) answer.headers.append('www-authenticate', challenge);
    return answer;
  }

  async #send(status: number, reply: Reply): Promise<Response> {
    if (reply === 'silence') {
      this.rig.time.advance(4 * REQUEST_MS);
      return await new Promise(() => undefined);
    }
    return typeof reply === 'string' ? new Response(reply, { status }) : reply;
  }
}

/** An envelope of another vendor's taste around a response or fault. */
export function envelope(body: string): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tptz="http://www.onvif.org/ver20/ptz/wsdl" xmlns:ter="http://www.onvif.org/ver10/error"><SOAP-ENV:Body>${body}</SOAP-ENV:Body></SOAP-ENV:Envelope>`;
}

export function fault(subcode = 'ter:ActionNotSupported', status = 500): Response {
  const code = `<SOAP-ENV:Value>SOAP-ENV:Receiver</SOAP-ENV:Value><SOAP-ENV:Subcode><SOAP-ENV:Value>${subcode}</SOAP-ENV:Value></SOAP-ENV:Subcode>`;
  const reason = '<SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="en">no</SOAP-ENV:Text></SOAP-ENV:Reason>';
  return new Response(envelope(`<SOAP-ENV:Fault><SOAP-ENV:Code>${code}</SOAP-ENV:Code>${reason}</SOAP-ENV:Fault>`), {
    status,
  });
}

export function html(status = 404): Response {
  return new Response('<!DOCTYPE html>\n<html><head><title>Not Found<hr></head><body>&nbsp;</body></html>', { status });
}

/** Instead of the answers to these operations. */
export function answers(replies: Readonly<Record<string, () => Reply>>): Oddity {
  return { instead: (operation) => (Object.hasOwn(replies, operation) ? replies[operation]?.() : undefined) };
}

/** In what it answers to an operation. */
export function changes(operations: string | RegExp, change: (xml: string) => Reply): Oddity {
  const isOne =
    typeof operations === 'string' ? (name: string) => name === operations : (name: string) => operations.test(name);
  return { after: (operation, xml) => (isOne(operation) ? change(xml) : xml) };
}

export const empty = () => new Response('', { status: 200 });
const text = (status: number) => () => new Response('Internal Server Error', { status });
const reset = () => new Response('{"error": 1}', { status: 200, headers: { 'content-type': 'application/json' } });
/** Whatever is no answer to what was asked. */
export const ANYTHING: Readonly<Record<string, () => Reply>> = {
  'a fault': () => fault(),
  'a fault under 200': () => fault('ter:ActionNotSupported', 200),
  '404 with a page': () => html(),
  '500 with text': text(500),
  '200 with a page': () => html(200),
  '200 with nothing': empty,
  '200 with zeros': () => '\0\0\0\0',
  '302': () => new Response(null, { status: 302, headers: { location: 'http://127.0.0.1:1/login' } }),
  JSON: reset,
  'an envelope without a body': () => envelope('').replace(/<SOAP-ENV:Body>.*<\/SOAP-ENV:Body>/, ''),
  'an empty body': () => envelope(''),
  'another answer': () => envelope('<tds:GetScopesResponse><tds:Scopes/></tds:GetScopesResponse>'),
  'half of an answer': () => envelope('<tds:GetScopesResponse><tds:Scopes/></tds:GetScopesResponse>').slice(0, -60),
  silence: () => 'silence',
};
