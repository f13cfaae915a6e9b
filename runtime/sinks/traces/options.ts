/** The options of the sink `traces` in `server.yaml`. Those without a value come from the environment, or have a default there. */
import { type Static, Type } from '@sinclair/typebox';

export const TracesOptions = Type.Object(
  {
    endpoint: Type.Optional(
      Type.String({
        pattern: '^https?://[^/?#]',
        description:
          'The collector (OTLP over HTTP): spans go to <endpoint>/v1/traces. Without it OTEL_EXPORTER_OTLP_ENDPOINT, or http://127.0.0.1:4318.',
      }),
    ),
    headers: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: 'Headers of each request, such as a key of the collector. Without it OTEL_EXPORTER_OTLP_HEADERS.',
      }),
    ),
    service_name: Type.Optional(
      Type.String({ minLength: 1, description: 'Without it OTEL_SERVICE_NAME, or windhover.' }),
    ),
    per_s: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 100,
        description: 'Frames of each camera that are traced, at most so many a second. Without it and share: 1.',
      }),
    ),
    share: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description:
          'In place of per_s: the share of all ticks whose frames are traced, from 0 to 1. Without it OTEL_TRACES_SAMPLER_ARG.',
      }),
    ),
    attributes: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: 'What all spans say of this server. Without it OTEL_RESOURCE_ATTRIBUTES.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type TracesOptions = Static<typeof TracesOptions>;
