/** Variables of OpenTelemetry, beside a `server.yaml` and without one. */
import { expect, test } from 'bun:test';
import { formatFault } from '../../../runtime/graph/faults.ts';
import { readServerConfig } from '../../../runtime/sinks/config.ts';
import { builtinSinks } from '../../../runtime/sinks/index.ts';
import { Folder } from '../../support/graphs.ts';

const HTTP = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

function read(env: Record<string, string>, text?: string) {
  using folder = new Folder();
  if (text !== undefined) folder.write('server.yaml', text);
  const file = text === undefined ? undefined : 'server.yaml';
  const { sinks, faults } = readServerConfig(file, { sinks: builtinSinks, env, cwd: folder.path });
  const traces = sinks.find(({ sink }) => sink.name === 'traces');
  return {
    traces: traces?.options,
    rate: traces?.sink.traces?.(traces.options),
    faults: faults.map(formatFault),
  };
}

test.each([
  ['nothing set: off', {}, undefined, undefined, undefined],
  ['an endpoint: on', HTTP, undefined, { endpoint: 'http://collector:4318' }, { perS: 1 }],
  ['disabled', { ...HTTP, OTEL_SDK_DISABLED: 'true' }, undefined, undefined, undefined],
  ['no traces', { ...HTTP, OTEL_TRACES_EXPORTER: 'none' }, undefined, undefined, undefined],
  ['a name alone: off', { OTEL_SERVICE_NAME: 'roof' }, undefined, undefined, undefined],
  [
    'all of them',
    {
      ...HTTP,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://other/v1/traces',
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%20b, x=1',
      OTEL_RESOURCE_ATTRIBUTES: 'site=north,floor=3',
      OTEL_SERVICE_NAME: 'roof',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
    },
    undefined,
    {
      endpoint: 'https://other/v1/traces',
      headers: { 'api-key': 'a b', x: '1' },
      attributes: { site: 'north', floor: '3' },
      service_name: 'roof',
      share: 0.25,
    },
    { share: 0.25 },
  ],
  ['the file alone', {}, 'traces:', {}, { perS: 1 }],
  [
    'the file comes first',
    { ...HTTP, OTEL_SERVICE_NAME: 'roof', OTEL_TRACES_SAMPLER_ARG: '0.25' },
    'traces: { endpoint: "http://mine:1", per_s: 5 }',
    { endpoint: 'http://mine:1', service_name: 'roof', per_s: 5, share: 0.25 },
    { perS: 5 },
  ],
  ['another sink in the file', HTTP, 'cot:', { endpoint: 'http://collector:4318' }, { perS: 1 }],
])('%s', (_what, env, text, traces, rate) => {
  expect(read(env as Record<string, string>, text)).toEqual({ traces, rate, faults: [] });
});

test.each([
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' },
    'OTEL_EXPORTER_OTLP_ENDPOINT; expected an address with http:// or https://',
  ],
  [{ OTEL_TRACES_SAMPLER_ARG: '2' }, 'OTEL_TRACES_SAMPLER_ARG; expected a share of all frames, from 0 to 1, got 2'],
  [{ OTEL_EXPORTER_OTLP_HEADERS: 'sesame' }, 'OTEL_EXPORTER_OTLP_HEADERS; expected name=value,name=value'],
])('a variable that is wrong is a fault, without its value where that may be a secret: %j', (env, fault) => {
  const { faults, traces } = read({ ...HTTP, ...env } as Record<string, string>);
  expect({ faults, traces }).toEqual({
    faults: [`the environment:1:1 traces: the environment variable ${fault}`],
    traces: undefined,
  });
});
