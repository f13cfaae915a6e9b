/**
 * From what a camera calls the address of its stream to addresses that can be opened. Cameras behind address translation
 * name a host that only they know, some name none, or a port that is none; some write a login into it.
 */
import { maskPasswords, WindhoverError } from '../../runtime/node.ts';

/** What a camera may make us open, and its usual port. */
const PORTS: Readonly<Record<string, number>> = { rtsp: 554, rtsps: 322, http: 80, https: 443 };
/** RTSP by other names. */
const ALIASES: Readonly<Record<string, string>> = { rtspt: 'rtsp', rtspu: 'rtsp' };

const SCHEME = /^(?:([a-z][a-z0-9+.-]*):)?(?=\/)(.*)$/is;
/** The login is left out: one up to a raw `@` behind a `/` has a colon that begins no port. */
const PARTS = /^(?:\/\/(?:[^/?#]*@|[^/?#@:[]*:(?!\d*(?:[/?#]|$)).*@)?(\[[^\]]*\]|[^/?#:]*)(?::([^/?#]*))?)?(.*)$/s;

/**
 * Always on the host that was dialled: first at the port that the camera names, then at the usual one.
 * @param port where a router has the port of the stream
 * @param notes gets what was odd
 * @throws WindhoverError `ptz_refused`
 */
export function streamUrls(told: string, device: URL, port: number | undefined, notes: string[]): string[] {
  const text = told.trim().slice(0, 2000);
  // Without a scheme, a host begins with its name and not with a slash.
  const isBare = /^[\w.-]+:\d+(?:[/?]|$)|^(?:\d+\.){3}\d+(?:[/?]|$)/.test(text);
  const [, named = 'rtsp', rest = `/${text}`] = SCHEME.exec(isBare ? `//${text}` : text) ?? [];
  const scheme = ALIASES[named.toLowerCase()] ?? named.toLowerCase();
  const usual = Object.hasOwn(PORTS, scheme) ? PORTS[scheme] : undefined;
  if (usual === undefined) {
    throw new WindhoverError('ptz_refused', 'the camera names a stream that is not played', {
      expected: `one of ${Object.keys(PORTS).join(', ')}`,
      got: maskPasswords(text).slice(0, 100),
    });
  }
  const [, host = '', ownPort = '', path = ''] = PARTS.exec(rest) ?? [];
  if (host !== '' && host.toLowerCase() !== device.hostname) {
    notes.push(`the camera names ${host} for its stream; ${device.hostname} from the options is used`);
  }
  const isPort = /^\d{1,5}$/.test(ownPort) && Number(ownPort) > 0 && Number(ownPort) < 65_536;
  const ownOrUsual = [
    isPort ? Number(ownPort) : usual,
    scheme.startsWith('http') ? Number(device.port) || usual : usual,
  ];
  const ports = port === undefined ? ownOrUsual : [port];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are to go
  const place = path.replace(/[\s\u0000-\u001f]/g, encodeURIComponent).replace(/^(?=[^/])/, '/');
  return [...new Set(ports)].map((each) => `${scheme}://${device.hostname}:${each}${place}`);
}
