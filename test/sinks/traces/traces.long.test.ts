/** Traces of the whole program, switched on by the environment; and what others make of the spans. */
import { expect, test } from 'bun:test';
import { RunningCommand } from '../../support/command.ts';
import { LIVE } from '../../support/graphs.ts';
import { LONG_TEST_LIMIT_MS, until } from '../../support/patience.ts';
import { attributesOf, Collector } from './collector.ts';

const SECRET = 'sesame-4711';

test(
  'a collector that refuses, or never answers, costs no frame, is a warning and one line of the log; later it gets spans',
  async () => {
    using collector = new Collector();
    collector.answer = () => new Response(SECRET, { status: 401 });
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${SECRET}`,
      OTEL_SERVICE_NAME: 'roof',
      OTEL_TRACES_SAMPLER_ARG: '1',
    };
    await using command = new RunningCommand(LIVE, { env });
    const { url, camera } = await command.ready();
    const codes = async () => {
      const answer = await fetch(`${url}/readyz`);
      const { warnings } = (await answer.json()) as { warnings: { code: string }[] };
      return [answer.status, ...warnings.map(({ code }) => code)];
    };
    await until('the refusal', async () => (await codes())[1] === 'otlp_refused');
    expect(await codes()).toEqual([200, 'otlp_refused']);
    await until('some more of them', () => collector.requests >= 3);
    const mute = Promise.withResolvers<Response>();
    collector.answer = () => mute.promise;
    const { requests } = collector;
    await until('a request without an answer', () => collector.requests > requests);
    const processed = async () => (await command.untilView(url, 'a view', () => true)).frames.processed;
    const before = await processed();
    await until('frames', async () => (await processed()) >= before + 30);
    collector.answer = () => Response.json({});
    mute.resolve(new Response('', { status: 503 }));
    await until('spans', () => collector.traces.length > 0);
    await until('no warning', async () => (await codes()).length === 1);
    expect(collector.resource).toMatchObject({ 'service.name': 'roof' });
    expect(collector.headers.get('authorization')).toBe(`Bearer ${SECRET}`);
    const [trace] = collector.traces;
    expect(trace && attributesOf(trace.root)['windhover.camera']).toBe(camera);
    expect([...(trace?.children.keys() ?? [])]).toEqual(expect.arrayContaining(['decode', 'detect', 'track', 'tick']));
    command.signal('SIGTERM');
    const { exitCode, stdout, stderr } = await command.finished();
    expect({ exitCode, shown: `${stdout}${stderr}`.includes(SECRET) }).toEqual({ exitCode: 0, shown: false });
    const refused = command.log().filter(({ sink, level }) => sink === 'traces' && level === 'error');
    expect(refused.map(({ code }) => code)).toEqual(['otlp_refused']);
  },
  LONG_TEST_LIMIT_MS,
);

const hasOtlp = Bun.spawnSync(['python3', '-c', 'import opentelemetry.proto']).exitCode === 0;
if (!hasOtlp) console.warn('OpenTelemetry reads the spans: skipped, there is no Python package opentelemetry-proto');

test.skipIf(!hasOtlp)(
  'the messages of OpenTelemetry have a place for each field',
  async () => {
    using collector = new Collector();
    await using command = new RunningCommand(LIVE, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
    await command.ready();
    await until('spans', () => collector.traces.length > 0);
    // Of bytes OTLP has hex, where JSON of Protocol Buffers has base64.
    const script = `
import base64, json, re, sys
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
text = re.sub(r'(Id":")([0-9a-f]+)"', lambda id: id[1] + base64.b64encode(bytes.fromhex(id[2])).decode() + '"', sys.stdin.read())
request = json_format.Parse(text, ExportTraceServiceRequest())
for span in request.resource_spans[0].scope_spans[0].spans:
    print(json.dumps([span.name, len(span.trace_id), len(span.span_id), len(span.parent_span_id), span.end_time_unix_nano >= span.start_time_unix_nano]))`;
    const { stdout, stderr } = Bun.spawnSync(['python3', '-c', script], { stdin: Buffer.from(collector.text) });
    const lines = stdout
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect({ stderr: stderr.toString(), root: lines[0], detect: lines.find(([name]) => name === 'detect') }).toEqual({
      stderr: '',
      root: ['frame', 16, 8, 0, true],
      detect: ['detect', 16, 8, 8, true],
    });
  },
  LONG_TEST_LIMIT_MS,
);
