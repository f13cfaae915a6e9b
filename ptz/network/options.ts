/** The options that all cameras behind a network share. */
import { type Static, Type } from '../../runtime/node.ts';

/** How a camera is reached. @param url what the address is */
export function addressOptions(url: string) {
  return {
    url: Type.String({ minLength: 1, description: url }),
    username: Type.String({ default: '', description: 'User; empty: no login.' }),
    password: Type.String({ default: '', description: 'Password, from the environment. Never shown.' }),
    tls_verify: Type.Boolean({
      default: true,
      description: 'https: check the certificate. Switch off for devices with a self-signed certificate.',
    }),
    request_ms: Type.Integer({
      default: 1500,
      minimum: 100,
      maximum: 10_000,
      description: 'Deadline of one request, ms.',
    }),
  };
}

/** How it is opened. */
export const openOptions = {
  probe: Type.Boolean({ default: true, description: 'Verify by small real moves when connecting.' }),
  open_ms: Type.Integer({
    default: 60_000,
    minimum: 1000,
    maximum: 300_000,
    description: 'Deadline of connecting, small moves included, ms.',
  }),
};

const Address = Type.Object(addressOptions(''));
export type CameraAddress = Static<typeof Address>;

/** The address alone, out of more. */
export function pickAddress({ url, username, password, tls_verify, request_ms }: CameraAddress): CameraAddress {
  return { url, username, password, tls_verify, request_ms };
}
