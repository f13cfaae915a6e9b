/**
 * From an address to a PTZ profile: the camera's time, its services, its profiles, its spaces (ONVIF Core, "Device
 * management"; Media Service; PTZ Service).
 */
import { WindhoverError } from '../../runtime/node.ts';
import { cameraUrl } from '../network/http.ts';
import type { CameraAddress } from '../network/options.ts';
import type { DriverTime } from '../time.ts';
import type { OnvifOptions } from './options.ts';
import { type Call, SoapClient } from './soap-client.ts';
import { readSpaces, type Spaces } from './spaces.ts';
import { all, at, escapeXml, numberOf, type XmlElement } from './xml.ts';

export const DEVICE_NS = 'http://www.onvif.org/ver10/device/wsdl';
const MEDIA_NS = 'http://www.onvif.org/ver10/media/wsdl';
export const PTZ_NS = 'http://www.onvif.org/ver20/ptz/wsdl';
/** Where most cameras have their device service (ONVIF Core, "Device service": the entry point). */
const DEVICE_PATH = '/onvif/device_service';

export interface Connection {
  readonly ptzUrl: URL;
  readonly profile: string;
  /** Token of the profile's PTZ configuration. */
  readonly configuration: string;
  readonly spaces: Spaces;
  /** What was odd, in plain words. */
  readonly notes: readonly string[];
}

/** @throws WindhoverError `ptz_url` */
export function deviceUrl({ url }: Pick<CameraAddress, 'url'>): URL {
  return cameraUrl(url, DEVICE_PATH);
}

/** A client that learns the camera's clock anew when that is needed. @throws WindhoverError `ptz_url` */
export function soapClient(address: CameraAddress, time: DriverTime): SoapClient {
  const { username, password, request_ms: requestMs, tls_verify: tlsVerify } = address;
  const device = deviceUrl(address);
  const credentials = username === '' ? null : { username, password };
  const relearnClock = () => learnClock(client, device, time);
  const client: SoapClient = new SoapClient({ credentials, requestMs, tlsVerify, time, relearnClock });
  return client;
}

/**
 * Learns the camera's clock (GetSystemDateAndTime, whole seconds).
 * @returns the change of the offset, ms
 */
export async function learnClock(
  client: SoapClient,
  device: URL,
  time: DriverTime,
  signal?: AbortSignal,
): Promise<number> {
  const startMs = time.clock.unixMs();
  const body = await client.call({
    url: device,
    operation: 'GetSystemDateAndTime',
    xml: `<GetSystemDateAndTime xmlns="${DEVICE_NS}"/>`,
    access: 'open',
    signal,
  });
  const [reported] = [...all(body, 'UTCDateTime'), ...all(body, 'LocalDateTime')].map(readDateTime);
  // A camera without a clock is assumed to have ours.
  const before = client.clockOffsetMs;
  if (reported === undefined || reported === null) client.clockOffsetMs = 0;
  // Half a second more: a whole second stands for all of it.
  else client.clockOffsetMs = reported + 500 - (startMs + time.clock.unixMs()) / 2;
  return client.clockOffsetMs - before;
}

function readDateTime(element: XmlElement): number | null {
  const number = (...path: string[]) => numberOf(at(element, ...path)?.text) ?? Number.NaN;
  const day = [number('Date', 'Year'), number('Date', 'Month') - 1, number('Date', 'Day')] as const;
  const unixMs = Date.UTC(...day, number('Time', 'Hour'), number('Time', 'Minute'), number('Time', 'Second'));
  return Number.isFinite(unixMs) ? unixMs : null;
}

export async function connect(
  client: SoapClient,
  options: OnvifOptions,
  time: DriverTime,
  signal?: AbortSignal,
): Promise<Connection> {
  const device = deviceUrl(options);
  const notes: string[] = [];
  await learnClock(client, device, time, signal);
  const offsetMs = client.clockOffsetMs;
  const addresses = await serviceAddresses(client, device, signal);
  const media = reachable(addresses.get(MEDIA_NS), device, notes);
  const ptzUrl = reachable(addresses.get(PTZ_NS), device, notes);
  if (!media || !ptzUrl) {
    throw new WindhoverError('ptz_unsupported', 'the camera has no PTZ', {
      expected: 'the ONVIF services Media (ver10) and PTZ (ver20)',
      got: [...addresses.keys()].join(', ') || 'none',
    });
  }
  const xml = `<GetProfiles xmlns="${MEDIA_NS}"/>`;
  const profiles = await client.call({ url: media, operation: 'GetProfiles', xml, signal });
  const { token, configuration } = chooseProfile(profiles, options.profile, notes);
  if (client.method !== null) notes.push(...loginNotes(client, offsetMs));
  const spaces = await client.call({ url: ptzUrl, ...configurationOptions(configuration), signal });
  return { ptzUrl, profile: token, configuration, spaces: readSpaces(spaces), notes };
}

export function configurationOptions(token: string): Pick<Call, 'operation' | 'xml'> {
  const operation = 'GetConfigurationOptions';
  const inside = `<ConfigurationToken>${escapeXml(token)}</ConfigurationToken>`;
  return { operation, xml: `<${operation} xmlns="${PTZ_NS}">${inside}</${operation}>` };
}

function loginNotes({ method, refusedMethods }: SoapClient, offsetMs: number): string[] {
  const offsetS = Math.round(offsetMs / 1000);
  const isOff = Math.abs(offsetS) > 60;
  const notes = isOff ? [`the clock of the camera differs by ${offsetS} s`] : [];
  if (refusedMethods.has('token')) {
    const which = isOff ? 'by the time that it reports (is local time reported as UTC?)' : 'by WS-UsernameToken';
    notes.push(`the camera refused a login ${which}`);
  }
  if (method === 'digest') notes.push('login by HTTP digest');
  if (method === 'token-own-clock') notes.push('login by WS-UsernameToken with the time of this machine');
  return notes;
}

/** Addresses by namespace. */
async function serviceAddresses(client: SoapClient, device: URL, signal?: AbortSignal): Promise<Map<string, string>> {
  const services = await client.ask({
    url: device,
    operation: 'GetServices',
    xml: `<GetServices xmlns="${DEVICE_NS}"><IncludeCapability>false</IncludeCapability></GetServices>`,
    access: 'open',
    signal,
  });
  if (services.refusal === null) {
    const found = all(services.body, 'Service').map(
      (service) => [at(service, 'Namespace')?.text ?? '', at(service, 'XAddr')?.text ?? ''] as const,
    );
    if (found.length > 0) return new Map(found);
  }
  // Before ONVIF 2.0 there was only GetCapabilities.
  const body = await client.call({
    url: device,
    operation: 'GetCapabilities',
    xml: `<GetCapabilities xmlns="${DEVICE_NS}"><Category>All</Category></GetCapabilities>`,
    access: 'open',
    signal,
  });
  const address = (name: string) => at(all(body, name)[0], 'XAddr')?.text ?? '';
  const known = [
    [MEDIA_NS, address('Media')],
    [PTZ_NS, address('PTZ')],
  ] as const;
  return new Map(known.filter(([, found]) => found !== ''));
}

/** Cameras behind address translation name themselves by an address that only they know: the dialled one is used. */
function reachable(xaddr: string | undefined, device: URL, notes: string[]): URL | null {
  if (xaddr === undefined) return null;
  const url = URL.canParse(xaddr) ? new URL(xaddr) : new URL(DEVICE_PATH, device);
  if (url.hostname === device.hostname && url.protocol === device.protocol) return url;
  const note = `the camera names ${url.host} for its services; ${device.host} from the options is used`;
  if (!notes.includes(note)) notes.push(note);
  return new URL(url.pathname + url.search, device);
}

interface Profile {
  readonly token: string;
  readonly name: string;
  /** Token of its PTZ configuration. */
  readonly configuration: string | null;
}

function chooseProfile(body: XmlElement, wanted: string | undefined, notes: string[]) {
  const profiles: Profile[] = all(body, 'Profiles').map((profile) => ({
    token: profile.attributes.get('token') ?? '',
    name: at(profile, 'Name')?.text ?? '',
    configuration: at(profile, 'PTZConfiguration')?.attributes.get('token') ?? null,
  }));
  const told = profiles.map(
    ({ token, name, configuration }) => `${token} (${name}${configuration === null ? ', no PTZ' : ''})`,
  );
  const found =
    wanted === undefined
      ? profiles.find(({ configuration }) => configuration !== null)
      : profiles.find(({ token, name }) => token === wanted || name === wanted);
  if (!found || found.configuration === null) {
    throw new WindhoverError('ptz_profile', 'there is no such profile with PTZ', {
      expected: `one of ${told.join(', ') || 'none: the camera has no profiles'}`,
      got: wanted ?? 'none with PTZ',
    });
  }
  const skipped = wanted === undefined ? profiles.indexOf(found) : 0;
  if (skipped > 0) notes.push(`profile ${found.token} is used: ${skipped} before it have no PTZ`);
  return { token: found.token, configuration: found.configuration };
}
