/** The device service (ONVIF Core Specification, "Device service"): what the camera is, where its services are, its clock. */
import type { Gate } from '../auth/gate.ts';
import type { Traits } from '../quirks.ts';
import { NS } from '../soap/names.ts';
import { child, type XmlElement } from '../soap/read-xml.ts';
import { el, type Xml } from '../soap/write-xml.ts';
import { mediaCapabilities } from './media-service.ts';
import { login, open, type Service } from './operation.ts';
import { ptzCapabilities } from './ptz-service.ts';

export interface DeviceFacts {
  readonly traits: Traits;
  readonly gate: Gate;
  readonly version: string;
}

/** Hours that the reported local time is ahead of UTC. */
const ZONE_HOURS = 2;

export const PATHS = {
  tds: '/onvif/device_service',
  trt: '/onvif/media_service',
  tptz: '/onvif/ptz_service',
} as const;

export function deviceService(facts: DeviceFacts): Service {
  const { traits, gate, version } = facts;
  const address = (origin: string, path: string) => xaddr(origin, path, traits);
  return new Map([
    [
      'GetSystemDateAndTime',
      traits.timeNeedsLogin
        ? login(() => dateAndTime(gate.cameraUnixMs(), traits))
        : open(() => dateAndTime(gate.cameraUnixMs(), traits)),
    ],
    ['GetServices', open((body, origin) => services(body, (path) => address(origin, path), traits))],
    ['GetCapabilities', open((body, origin) => capabilities(body, (path) => address(origin, path)))],
    ['GetServiceCapabilities', open(() => el('tds:GetServiceCapabilitiesResponse', deviceCapabilities(traits)))],
    [
      'GetDeviceInformation',
      login(() =>
        el(
          'tds:GetDeviceInformationResponse',
          el('tds:Manufacturer', 'Windhover'),
          el('tds:Model', 'Virtual PTZ'),
          el('tds:FirmwareVersion', version),
          el('tds:SerialNumber', '000000000001'),
          el('tds:HardwareId', 'virtual'),
        ),
      ),
    ],
    ['GetScopes', login(scopes)],
    ['GetHostname', open(() => el('tds:GetHostnameResponse', hostname()))],
  ]);
}

function hostname(): Xml {
  return el('tds:HostnameInformation', el('tt:FromDHCP', false), el('tt:Name', 'virtual-ptz'));
}

function xaddr(origin: string, path: string, { xaddrHost }: Traits): string {
  return `${xaddrHost === null ? origin : `http://${xaddrHost}`}${path}`;
}

function dateAndTime(cameraUnixMs: number, { reportedUtcOffsetS }: Traits): Xml {
  const local = new Date(cameraUnixMs + ZONE_HOURS * 3_600_000);
  return el(
    'tds:GetSystemDateAndTimeResponse',
    el(
      'tds:SystemDateAndTime',
      el('tt:DateTimeType', 'Manual'),
      el('tt:DaylightSavings', false),
      // POSIX counts zones westward: UTC-2 is two hours ahead.
      el('tt:TimeZone', el('tt:TZ', `UTC-${ZONE_HOURS}`)),
      el('tt:UTCDateTime', dateTime(new Date(cameraUnixMs + reportedUtcOffsetS * 1000))),
      el('tt:LocalDateTime', dateTime(local)),
    ),
  );
}

function dateTime(at: Date): Xml[] {
  return [
    el(
      'tt:Time',
      el('tt:Hour', at.getUTCHours()),
      el('tt:Minute', at.getUTCMinutes()),
      el('tt:Second', at.getUTCSeconds()),
    ),
    el(
      'tt:Date',
      el('tt:Year', at.getUTCFullYear()),
      el('tt:Month', at.getUTCMonth() + 1),
      el('tt:Day', at.getUTCDate()),
    ),
  ];
}

function services(body: XmlElement, address: (path: string) => string, traits: Traits): Xml {
  const wanted = /^(true|1)$/.test(child(body, 'tds:IncludeCapability')?.text ?? '');
  const listed = [
    ['tds', deviceCapabilities(traits)],
    ['trt', mediaCapabilities()],
    ['tptz', ptzCapabilities(traits)],
  ] as const;
  return el(
    'tds:GetServicesResponse',
    listed.map(([prefix, all]) =>
      el(
        'tds:Service',
        el('tds:Namespace', NS[prefix]),
        el('tds:XAddr', address(PATHS[prefix])),
        wanted ? el('tds:Capabilities', all) : null,
        el('tds:Version', el('tt:Major', 2), el('tt:Minor', 60)),
      ),
    ),
  );
}

function capabilities(body: XmlElement, address: (path: string) => string): Xml {
  const category = child(body, 'tds:Category')?.text ?? 'All';
  const has = (name: string) => category === 'All' || category === name;
  return el(
    'tds:GetCapabilitiesResponse',
    el(
      'tds:Capabilities',
      has('Device') ? el('tt:Device', el('tt:XAddr', address(PATHS.tds))) : null,
      has('Media')
        ? el(
            'tt:Media',
            el('tt:XAddr', address(PATHS.trt)),
            el(
              'tt:StreamingCapabilities',
              el('tt:RTPMulticast', false),
              el('tt:RTP_TCP', false),
              el('tt:RTP_RTSP_TCP', false),
            ),
          )
        : null,
      has('PTZ') ? el('tt:PTZ', el('tt:XAddr', address(PATHS.tptz))) : null,
    ),
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

function scopes(): Xml {
  const fixed = [
    'Profile/Streaming',
    'type/video_encoder',
    'type/ptz',
    'hardware/virtual',
    'name/Windhover%20Virtual%20PTZ',
    'location/nowhere',
  ];
  return el(
    'tds:GetScopesResponse',
    fixed.map((scope) =>
      el('tds:Scopes', el('tt:ScopeDef', 'Fixed'), el('tt:ScopeItem', `onvif://www.onvif.org/${scope}`)),
    ),
  );
}
