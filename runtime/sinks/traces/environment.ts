/** The variables by which OpenTelemetry sets up every program. */
import { WindhoverError } from '../../errors.ts';
import { percentDecoded } from '../../secrets.ts';
import type { FromEnvironment } from '../sink.ts';
import type { TracesOptions } from './options.ts';

/** @throws WindhoverError `otel_variable` */
export function fromEnvironment(env: Readonly<Record<string, string | undefined>>): FromEnvironment<TracesOptions> {
  const exporter = (name: string) => env[`OTEL_EXPORTER_OTLP_TRACES_${name}`] || env[`OTEL_EXPORTER_OTLP_${name}`];
  const endpoint = exporter('ENDPOINT');
  const share = env.OTEL_TRACES_SAMPLER_ARG;
  const isOff = env.OTEL_SDK_DISABLED === 'true' || env.OTEL_TRACES_EXPORTER === 'none';
  if (endpoint && !isOff && !/^https?:\/\/[^/?#]/.test(endpoint))
    throw wrong('OTEL_EXPORTER_OTLP_ENDPOINT', 'an address with http:// or https://');
  if (share && !(Number(share) >= 0 && Number(share) <= 1))
    throw wrong('OTEL_TRACES_SAMPLER_ARG', 'a share of all frames, from 0 to 1', share);
  const headers = pairs('OTEL_EXPORTER_OTLP_HEADERS', exporter('HEADERS'));
  const attributes = pairs('OTEL_RESOURCE_ATTRIBUTES', env.OTEL_RESOURCE_ATTRIBUTES);
  return {
    isOn: Boolean(endpoint) && !isOff,
    options: {
      ...(endpoint ? { endpoint } : {}),
      ...(headers ? { headers } : {}),
      ...(attributes ? { attributes } : {}),
      ...(env.OTEL_SERVICE_NAME ? { service_name: env.OTEL_SERVICE_NAME } : {}),
      ...(share ? { share: Number(share) } : {}),
    },
  };
}

/** `api-key=abc,x=%20`: values are encoded as in a URL. */
function pairs(variable: string, text: string | undefined): Record<string, string> | undefined {
  if (!text?.trim()) return undefined;
  const entries = text.split(',').map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) throw wrong(variable, 'name=value,name=value');
    return [pair.slice(0, at).trim(), percentDecoded(pair.slice(at + 1).trim())];
  });
  return Object.fromEntries(entries);
}

/** @param got left out where it may be a secret */
function wrong(variable: string, expected: string, got?: string): WindhoverError {
  return new WindhoverError('otel_variable', `the environment variable ${variable}`, {
    expected,
    ...(got === undefined ? {} : { got }),
  });
}
