/** Where a camera's services are (ONVIF Core, "GetServices", "GetCapabilities"). */
import { cameraUrl } from '../network/http.ts';
import type { CameraAddress } from '../network/options.ts';
import type { MediaService } from './media.ts';
import { refusedError } from './soap-answer.ts';
import { DEVICE_NS, MEDIA_NS, MEDIA2_NS, type SoapClient } from './soap-client.ts';
import { all, at, type XmlElement } from './xml.ts';

/** Where most cameras have their device service (ONVIF Core, "Device service": the entry point). */
const DEVICE_PATH = '/onvif/device_service';

/** @throws WindhoverError `ptz_url` */
export function deviceUrl({ url }: Pick<CameraAddress, 'url'>): URL {
  return cameraUrl(url, DEVICE_PATH);
}

export interface Services {
  /** Where profiles and streams are asked for, Media (ver10) before Media2 (ver20); none: it has neither. */
  readonly media: readonly MediaService[];
  readonly ptz: URL | undefined;
  /** Namespaces of what it lists, to be shown. */
  readonly listed: string;
}

/** @param notes gets what was odd @throws WindhoverError `ptz_refused`: it tells no services */
export async function findServices(
  client: SoapClient,
  device: URL,
  notes: string[],
  signal?: AbortSignal,
): Promise<Services> {
  const ask = (operation: string, inside: string) =>
    client.askAnyway({ url: device, namespace: DEVICE_NS, operation, inside, access: 'open', signal });
  const services = await ask('GetServices', '<IncludeCapability>false</IncludeCapability>');
  const listed = services.refusal === null ? all(services.body, 'Service') : [];
  const nameOf = (service: XmlElement) => at(service, 'Namespace')?.text ?? '';
  const listedAt = (namespace: RegExp) =>
    listed.filter((service) => namespace.test(nameOf(service))).flatMap(addressesOf)[0];
  let media = listedAt(/\/ver10\/media\/wsdl\/?$/);
  let ptz = listedAt(/\/ptz\/wsdl\/?$/);
  const media2 = listedAt(/\/ver20\/media\/wsdl\/?$/);
  if ((media ?? media2) === undefined || ptz === undefined) {
    // Before ONVIF 2.0 there was nothing else, and some cameras list only there what they have.
    const older = await ask('GetCapabilities', '<Category>All</Category>');
    if (older.refusal !== null && listed.length === 0) throw refusedError('GetCapabilities', older.refusal);
    const olderAt = (name: string) =>
      older.refusal === null ? all(older.body, name).flatMap(addressesOf)[0] : undefined;
    media ??= olderAt('Media');
    ptz ??= olderAt('PTZ');
  }
  const found = [
    { xaddr: media, namespace: MEDIA_NS },
    { xaddr: media2, namespace: MEDIA2_NS },
  ] as const;
  return {
    media: found.flatMap(({ xaddr, namespace }) =>
      xaddr === undefined ? [] : [{ url: reachable(xaddr, device, notes), namespace }],
    ),
    ptz: ptz === undefined ? undefined : reachable(ptz, device, notes),
    listed: listed.map(nameOf).join(', ').slice(0, 1000) || 'none',
  };
}

/** What its XAddr holds, if anything. */
function addressesOf(service: XmlElement): string[] {
  return service.children.filter(({ local, text }) => local === 'XAddr' && text !== '').map(({ text }) => text);
}

/**
 * A service's address as it can be reached: some cameras name several in one, one without a host or only a path; those
 * behind address translation name themselves by a host that only they know, and the dialled one is used.
 */
export function reachable(xaddr: string, device: URL, notes: string[]): URL {
  const urls = xaddr
    .slice(0, 2000)
    .split(/[\s,;]+/)
    .flatMap((text) => toUrl(text, device) ?? []);
  const isDialled = (url: URL) => url.hostname === device.hostname && url.protocol === device.protocol;
  const [first] = urls;
  const found = urls.find(isDialled) ?? first ?? device;
  if (isDialled(found)) return found;
  const note = `the camera names ${found.host} for its services; ${device.host} from the options is used`;
  if (!notes.includes(note)) notes.push(note);
  return Object.assign(new URL(device), { pathname: found.pathname, search: found.search });
}

function toUrl(text: string, device: URL): URL | null {
  const parts = /^(?:(?:(https?):)?\/\/|(?=(?:\d+\.){3}\d+[:/]))([^/?]*)(.*)$/i.exec(text);
  const [, scheme, authority = '', path = text] = parts ?? [];
  const host = authority.replace(/^.*@/, '');
  // Several parts of a path count from the root, which is what is meant when they do not say so.
  const place = path.includes('/') ? `/${path.replace(/^\/+/, '')}` : path;
  const own = `${scheme === undefined ? device.protocol : `${scheme}:`}//${host}`;
  const base = /^(?::\d*)?$/.test(host) || !URL.canParse(own) ? device.href : own;
  return URL.canParse(place, base) ? new URL(place, base) : null;
}
