/** What a reverse proxy says of the client (`X-Forwarded-For`, `-Host`, `-Proto`). Believed only of proxies that are trusted. */
import { BlockList, isIP } from 'node:net';
import { WindhoverError } from '../errors.ts';

export interface Forwarded {
  readonly address: string | null;
  /** As the client named the server; null: the proxy does not say. */
  readonly host: string | null;
  readonly isSecure: boolean;
}

export class TrustedProxies {
  readonly #list = new BlockList();

  /** @param trusted addresses, networks (`10.0.0.0/8`), or `loopback` @throws WindhoverError `usage` */
  constructor(trusted: readonly string[]) {
    for (const text of trusted) {
      if (text === 'loopback') {
        this.#list.addSubnet('127.0.0.0', 8);
        this.#list.addAddress('::1', 'ipv6');
      } else this.#add(text);
    }
  }

  /** @param peer address of the other end of the connection; null: there is none */
  read(headers: Headers, peer: string | null): Forwarded {
    if (peer === null || !this.#trusts(peer)) return { address: peer && plain(peer), host: null, isSecure: false };
    const list = (name: string) => (headers.get(name) ?? '').split(',').map((each) => each.trim());
    // Each proxy adds the address it was asked from: the last that is no proxy is the client.
    const way = list('x-forwarded-for').filter((address) => isIP(address) !== 0);
    const client = way.findLast((address) => !this.#trusts(address)) ?? way.at(-1) ?? peer;
    const [host = ''] = list('x-forwarded-host');
    const [protocol] = list('x-forwarded-proto');
    return { address: plain(client), host: host === '' ? null : host, isSecure: protocol === 'https' };
  }

  #trusts(address: string): boolean {
    const plainAddress = plain(address);
    return isIP(plainAddress) !== 0 && this.#list.check(plainAddress, isIP(plainAddress) === 6 ? 'ipv6' : 'ipv4');
  }

  #add(text: string): void {
    const [address = '', bits] = text.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    const most = family === 'ipv6' ? 128 : 32;
    const isNumber = bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= most);
    if (isIP(address) === 0 || !isNumber) {
      const expected = 'an address, a network like 10.0.0.0/8, or loopback';
      throw new WindhoverError('usage', '--trust-proxy', { expected, got: text });
    }
    this.#list.addSubnet(address, Number(bits ?? most), family);
  }
}

/** An IPv4 address as such, also where the system shows it as one of IPv6. */
function plain(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}
