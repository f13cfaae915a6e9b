/** A collector that is away, slow, or answers anything but what it should. */
import { afterEach, describe, expect, test } from 'bun:test';
import type { SinkFault } from '../../../runtime/sinks/sink.ts';
import { Exporter } from '../../../runtime/sinks/traces/exporter.ts';
import type { Span } from '../../../runtime/sinks/traces/spans.ts';
import { PATIENCE_MS, TEST_LIMIT_MS, until } from '../../support/patience.ts';
import { Collector } from './collector.ts';

const LIMITS = { queued: 20, batch: 5, everyMs: 1, answerMs: PATIENCE_MS, backoff: { firstMs: 1, longestMs: 5 } };
const rigs: Rig[] = [];

class Rig {
  readonly collector = new Collector();
  readonly faults: (SinkFault | null)[] = [];
  readonly exporter: Exporter;
  #named = 0;

  constructor(limits: Partial<typeof LIMITS> = {}, url = `${this.collector.url}/v1/traces`) {
    const report = (fault: SinkFault | null) => void this.faults.push(fault);
    const headers = { authorization: 'Bearer sesame' };
    this.exporter = new Exporter({ url, headers, resource: [], report }, { ...LIMITS, ...limits });
    rigs.push(this);
  }

  /** Traces of two spans each, named by their number. */
  send(traces: number): void {
    for (let n = 0; n < traces; n++) {
      const span = { name: String(this.#named++) } as Span;
      this.exporter.send([span, span]);
    }
  }

  get figures() {
    return this.exporter.figures();
  }

  get codes() {
    return this.faults.map((fault) => fault?.code ?? null);
  }

  get received() {
    return [...new Set(this.collector.spans.map(({ name }) => Number(name)))];
  }
}

afterEach(async () => {
  for (const { exporter, collector } of rigs.splice(0)) {
    collector[Symbol.dispose]();
    await exporter.close();
  }
});

test('a collector that works gets all, in order, many in one request', async () => {
  const rig = new Rig();
  rig.send(12);
  await until('all of them', () => rig.figures.spans_sent === 24);
  expect(rig.received).toEqual(Array.from({ length: 12 }, (_, n) => n));
  expect(rig.collector.requests).toBe(3);
  expect(new Set(rig.codes)).toEqual(new Set([null]));
});

describe('one that', () => {
  test.each([429, 502, 503, 504])('answers %d gets the same again, and all of it once it can', async (status) => {
    const rig = new Rig();
    rig.collector.answer = () => new Response('busy', { status });
    rig.send(3);
    await until('a few requests', () => rig.collector.requests >= 3);
    expect(rig.figures).toMatchObject({ spans_sent: 0, spans_refused: 0, spans_dropped: 0 });
    expect(rig.faults[0]).toMatchObject({
      code: 'otlp_refused',
      message: expect.stringContaining(`answers ${status}`),
    });
    rig.collector.answer = () => Response.json({});
    await until('all of them', () => rig.figures.spans_sent === 6);
    expect({ received: rig.received, fault: rig.faults.at(-1) }).toEqual({ received: [0, 1, 2], fault: null });
  });

  test.each([
    ['refuses', 'otlp_refused', () => new Response('no', { status: 401 })],
    ['is elsewhere', 'otlp_refused', () => Response.redirect('http://127.0.0.1:1/v1/traces', 307)],
    ['is none', 'otlp_answer', () => new Response('<html>')],
    ['answers in riddles', 'otlp_answer', () => Response.json({ partialSuccess: { rejectedSpans: 'many' } })],
    ['never comes to an end', 'otlp_answer', () => new Response(endless())],
  ] as const)('%s loses them, and gets the next', async (_what, code, answer) => {
    const rig = new Rig();
    rig.collector.answer = answer;
    rig.send(3);
    await until('the refusal', () => rig.figures.spans_refused === 6);
    expect({ codes: rig.codes, requests: rig.collector.requests }).toEqual({ codes: [code], requests: 1 });
    rig.collector.answer = () => Response.json({});
    rig.collector.spans.length = 0;
    rig.send(2);
    await until('the next', () => rig.figures.spans_sent === 4);
    expect({ received: rig.received, fault: rig.faults.at(-1) }).toEqual({ received: [3, 4], fault: null });
  });

  test('does not take some says so', async () => {
    const rig = new Rig();
    rig.collector.answer = () => Response.json({ partialSuccess: { rejectedSpans: '4', errorMessage: 'old' } });
    rig.send(3);
    await until('the answer', () => rig.figures.spans_refused === 4);
    expect({ sent: rig.figures.spans_sent, codes: rig.codes }).toEqual({ sent: 2, codes: ['otlp_refused'] });
  });

  test(
    'is away, or never answers: the newest wait, the others are dropped and counted',
    async () => {
      const away = new Rig({}, 'http://127.0.0.1:1/v1/traces');
      const mute = new Rig({ answerMs: 20 });
      mute.collector.answer = () => new Promise(() => undefined);
      for (const rig of [away, mute]) {
        rig.send(50);
        await until('two failures', () => rig.faults.length >= 2);
        // Those that are on their way are not in the queue.
        await until('the bound', () => rig.figures.traces_waiting === LIMITS.queued);
        expect(rig.figures).toMatchObject({ spans_sent: 0, spans_refused: 0, spans_dropped: 60 });
        expect(new Set(rig.codes)).toEqual(new Set(['otlp_unreachable']));
      }
      mute.collector.answer = () => Response.json({});
      await until('the newest', () => mute.figures.spans_sent === 2 * LIMITS.queued);
      expect(new Set(mute.received)).toEqual(new Set(Array.from({ length: 20 }, (_, n) => 30 + n)));
    },
    TEST_LIMIT_MS,
  );

  test('is there at the end gets what waits', async () => {
    const rig = new Rig({ everyMs: PATIENCE_MS });
    rig.send(7);
    await rig.exporter.close();
    expect({ ...rig.figures, received: rig.received.length }).toMatchObject({ spans_sent: 14, received: 7 });
  });
});

/** A body without an end. */
function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(64 * 1024).fill(123)) });
}
