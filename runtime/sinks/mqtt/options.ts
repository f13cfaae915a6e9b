/** Options of the sink `mqtt` in `server.yaml`. */
import { type Static, Type } from '@sinclair/typebox';
import { ROLES } from '../../access/caller.ts';

const topic = (description: string, byDefault: string) =>
  Type.String({ default: byDefault, pattern: '^[^/+#\\s]+(/[^/+#\\s]+)*$', maxLength: 100, description });
const file = (description: string) => Type.Optional(Type.String({ path: true, minLength: 1, description }));

export const MqttOptions = Type.Object(
  {
    url: Type.String({
      default: 'mqtt://127.0.0.1:1883',
      pattern: '^(mqtts?|wss?)://',
      description: 'The broker: mqtt:// or mqtts:// (TLS), or ws:// and wss://.',
    }),
    version: Type.Union([Type.Literal(5), Type.Literal('3.1.1')], {
      default: 5,
      description: 'Version of the protocol.',
    }),
    username: Type.Optional(Type.String({ minLength: 1, description: 'Of the account at the broker.' })),
    password: Type.Optional(Type.String({ description: 'Of the account at the broker.' })),
    client_id: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'Name at the broker; without it, a random one.' }),
    ),
    ca: file('PEM file of who signed the certificate of the broker.'),
    cert: file('PEM file of the own certificate, for brokers that ask for one.'),
    key: file('PEM file of the key of that certificate.'),
    prefix: topic('First part of all topics; every server needs its own.', 'drone_ptz'),
    cameras: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description: 'The cameras that are told and obeyed; without it, all.',
      }),
    ),
    role: Type.Union(
      ROLES.map((role) => Type.Literal(role)),
      {
        default: 'viewer',
        description: 'What whoever may publish at the broker may do here: viewer nothing, controller sets targets.',
      },
    ),
    commands_per_s: Type.Number({
      default: 20,
      exclusiveMinimum: 0,
      maximum: 1000,
      description: 'Commands a second; twice as many at once. More are answered rate_limited.',
    }),
    tick_hz: Type.Number({
      default: 0,
      minimum: 0,
      maximum: 30,
      description: 'Ticks a second and camera at <camera>/tick. 0: none.',
    }),
    onvif_hz: Type.Number({
      default: 0,
      minimum: 0,
      maximum: 30,
      description:
        'ONVIF scene descriptions (JSON) a second and camera at <prefix>/onvif-mj/VideoAnalytics/<camera>/Windhover. 0: none.',
    }),
    stats_s: Type.Number({ default: 10, minimum: 1, maximum: 3600, description: 'Seconds between two stats.' }),
    events: Type.Union([Type.Literal('windhover'), Type.Literal('frigate')], {
      default: 'windhover',
      description: 'Form of the messages at <prefix>/events.',
    }),
    buffer: Type.Integer({
      default: 10_000,
      minimum: 100,
      maximum: 1_000_000,
      description: 'Events that are kept while the broker is away; then the oldest are dropped, and counted.',
    }),
    discovery: Type.Boolean({ default: true, description: 'Tell Home Assistant about each camera.' }),
    discovery_prefix: topic('Where Home Assistant looks.', 'homeassistant'),
  },
  { additionalProperties: false },
);
export type MqttOptions = Static<typeof MqttOptions>;
