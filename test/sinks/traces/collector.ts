/** A collector of OpenTelemetry, as far as a test needs one: it takes what is posted to /v1/traces, and answers as told. */

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

interface Body {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: ReceivedSpan['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly ReceivedSpan[] }[];
  }[];
}

export class Collector implements Disposable {
  readonly spans: ReceivedSpan[] = [];
  resource: Record<string, unknown> = {};
  headers = new Headers();
  requests = 0;
  /** Of the last request. */
  text = '';
  answer: () => Response | Promise<Response> = () => Response.json({});
  readonly #server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: (request) => this.#take(request) });

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  /** Whole traces: of each its root, and its children by name. */
  get traces(): { readonly root: ReceivedSpan; readonly children: ReadonlyMap<string, ReceivedSpan> }[] {
    const roots = this.spans.filter(({ parentSpanId }) => parentSpanId === undefined);
    return roots.map((root) => {
      const mine = this.spans.filter((span) => span.traceId === root.traceId && span.parentSpanId === root.spanId);
      return { root, children: new Map(mine.map((span) => [span.name, span])) };
    });
  }

  async #take(request: Request): Promise<Response> {
    this.requests += 1;
    if (request.method !== 'POST' || new URL(request.url).pathname !== '/v1/traces')
      return new Response('', { status: 404 });
    this.headers = request.headers;
    this.text = await request.text();
    const body = JSON.parse(this.text) as Body;
    const answer = await this.answer();
    if (answer.ok) {
      for (const { resource, scopeSpans } of body.resourceSpans) {
        this.resource = attributesOf(resource);
        for (const { spans } of scopeSpans) this.spans.push(...spans);
      }
    }
    return answer;
  }

  [Symbol.dispose](): void {
    void this.#server.stop(true);
  }
}

/** Of a span or a resource, as plain values. */
export function attributesOf({ attributes }: Pick<ReceivedSpan, 'attributes'>): Record<string, unknown> {
  const plain = ({ intValue, ...other }: Readonly<Record<string, unknown>>) =>
    intValue === undefined ? Object.values(other)[0] : Number(intValue);
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]));
}

/** Unix milliseconds of a span. */
export function timesOf({ startTimeUnixNano, endTimeUnixNano }: ReceivedSpan): { beganMs: number; endedMs: number } {
  return { beganMs: Number(startTimeUnixNano) / 1e6, endedMs: Number(endTimeUnixNano) / 1e6 };
}
