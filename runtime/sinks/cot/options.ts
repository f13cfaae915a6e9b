/** The options of the Cursor-on-Target sink. */
import { type Static, Type } from '@sinclair/typebox';

const file = (description: string) => Type.Optional(Type.String({ path: true, minLength: 1, description }));

export const CotOptions = Type.Object(
  {
    url: Type.String({
      pattern: '^(tcp|tls|udp)://[^/?#]+$',
      default: 'udp://239.2.3.1:6969',
      description:
        'Where events go: tcp://HOST:8087 or tls://HOST:8089 of a TAK server, or udp://GROUP:PORT, a multicast group of the network.',
    }),
    ca: file(
      'tls: certificate of the authority that signed the server, PEM; without it the authorities of this machine count.',
    ),
    cert: file('tls: our own certificate, PEM, when the server asks for one.'),
    key: file('tls: the key of our own certificate, PEM.'),
    interface: Type.Optional(
      Type.String({ minLength: 1, description: 'udp: address of the network interface that multicast leaves by.' }),
    ),
    ttl: Type.Integer({
      default: 1,
      minimum: 1,
      maximum: 255,
      description: 'udp: how far multicast may go; 1: not beyond the next router.',
    }),
    hz: Type.Number({
      default: 1,
      exclusiveMinimum: 0,
      maximum: 10,
      description: 'How often each track and each camera is told, in events per second.',
    }),
    stale_s: Type.Number({
      default: 10,
      minimum: 1,
      maximum: 3600,
      description: 'How long an event holds without a newer one, in seconds.',
    }),
    line_m: Type.Number({
      default: 2000,
      exclusiveMinimum: 0,
      maximum: 100_000,
      description:
        'How long the line to an object is drawn, in metres: one camera knows its direction, not its distance.',
    }),
  },
  { additionalProperties: false },
);

export type CotOptions = Static<typeof CotOptions>;
