/** The device service (ONVIF Core Specification, "Device service"): what the camera is, where its services are, its clock. */
import type { CameraParts } from '../parts.ts';
import type { Traits } from '../quirks.ts';
import { NS } from '../soap/names.ts';
import { child, type XmlElement } from '../soap/read-xml.ts';
import { el, leaves, type Xml } from '../soap/write-xml.ts';
import { mediaCapabilities } from './media-service.ts';
import { login, open, type Service } from './operation.ts';
import { ptzCapabilities } from './ptz-service.ts';

/** Hours that the reported local time is ahead of UTC. */
const ZONE_HOURS = 2;

export const PATHS = {
  tds: '/onvif/device_service',
  trt: '/onvif/media_service',
  tptz: '/onvif/ptz_service',
} as const;

export function deviceService({ traits, gate, version }: CameraParts): Service {
  const time = () => dateAndTime(gate.cameraUnixMs(), traits);
  return {
    GetSystemDateAndTime: traits.timeNeedsLogin ? login(time) : open(time),
    GetServices: open((body, origin) => services(body, origin, traits)),
    GetCapabilities: open((body, origin) => capabilities(body, origin, traits)),
    GetServiceCapabilities: open(() => deviceCapabilities(traits)),
    GetDeviceInformation: login(() =>
      leaves('tds', {
        Manufacturer: 'Windhover',
        Model: 'Virtual PTZ',
        FirmwareVersion: version,
        SerialNumber: '000000000001',
        HardwareId: 'virtual',
      }),
    ),
    GetScopes: login(scopes),
    GetHostname: open(() => el('tds:HostnameInformation', leaves('tt', { FromDHCP: false, Name: 'virtual-ptz' }))),
  };
}

function xaddr(origin: string, path: string, { xaddrHost }: Traits): string {
  return `${xaddrHost === null ? origin : `http://${xaddrHost}`}${path}`;
}

function dateAndTime(cameraUnixMs: number, { reportedUtcOffsetS }: Traits): Xml {
  const local = new Date(cameraUnixMs + ZONE_HOURS * 3_600_000);
  return el(
    'tds:SystemDateAndTime',
    leaves('tt', { DateTimeType: 'Manual', DaylightSavings: false }),
    // POSIX counts zones westward: UTC-2 is two hours ahead.
    el('tt:TimeZone', el('tt:TZ', `UTC-${ZONE_HOURS}`)),
    el('tt:UTCDateTime', dateTime(new Date(cameraUnixMs + reportedUtcOffsetS * 1000))),
    el('tt:LocalDateTime', dateTime(local)),
  );
}

function dateTime(at: Date): Xml[] {
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate()];
  return [
    el('tt:Time', leaves('tt', { Hour: at.getUTCHours(), Minute: at.getUTCMinutes(), Second: at.getUTCSeconds() })),
    el('tt:Date', leaves('tt', { Year: year, Month: month, Day: day })),
  ];
}

function services(body: XmlElement, origin: string, traits: Traits): Xml[] {
  const wanted = /^(true|1)$/.test(child(body, 'tds:IncludeCapability')?.text ?? '');
  const listed = [
    ['tds', deviceCapabilities(traits)],
    ['trt', mediaCapabilities()],
    ['tptz', ptzCapabilities(traits)],
  ] as const;
  return listed.map(([prefix, all]) =>
    el(
      'tds:Service',
      leaves('tds', { Namespace: NS[prefix], XAddr: xaddr(origin, PATHS[prefix], traits) }),
      wanted ? el('tds:Capabilities', all) : null,
      el('tds:Version', leaves('tt', { Major: 2, Minor: 60 })),
    ),
  );
}

function capabilities(body: XmlElement, origin: string, traits: Traits): Xml {
  const wanted = child(body, 'tds:Category')?.text ?? 'All';
  const category = (name: 'Device' | 'Media' | 'PTZ', path: string, ...more: Xml[]) =>
    wanted === 'All' || wanted === name ? el(`tt:${name}`, el('tt:XAddr', xaddr(origin, path, traits)), more) : null;
  const streaming = leaves('tt', { RTPMulticast: false, RTP_TCP: false, RTP_RTSP_TCP: false });
  return el(
    'tds:Capabilities',
    category('Device', PATHS.tds),
    category('Media', PATHS.trt, el('tt:StreamingCapabilities', streaming)),
    category('PTZ', PATHS.tptz),
  );
}

function deviceCapabilities({ wsSecurity }: Traits): Xml {
  return el(
    'tds:Capabilities',
    el('tds:Network', { IPFilter: false, ZeroConfiguration: false, IPVersion6: false, DynDNS: false, NTP: 0 }),
    el('tds:Security', { 'TLS1.2': false, UsernameToken: wsSecurity, HttpDigest: true }),
    el('tds:System', { DiscoveryResolve: false, DiscoveryBye: false, RemoteDiscovery: false, SystemBackup: false }),
  );
}

export const SCOPES = [
  'Profile/Streaming',
  'type/video_encoder',
  'type/ptz',
  'hardware/virtual',
  'name/Windhover%20Virtual%20PTZ',
  'location/nowhere',
].map((scope) => `onvif://www.onvif.org/${scope}`);

function scopes(): Xml[] {
  return SCOPES.map((scope) => el('tds:Scopes', leaves('tt', { ScopeDef: 'Fixed', ScopeItem: scope })));
}
