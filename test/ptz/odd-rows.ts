/** Odd answers of real cameras, a kind a row, and what becomes of each. */
import type { Rung } from '../../ptz/ladder.ts';
import type { OnvifOptions } from '../../ptz/onvif/options.ts';
import { ANYTHING, answers, changes, empty, envelope, fault, type Oddity } from './odd-camera.ts';

export interface Row {
  readonly what: string;
  readonly oddity: Oddity;
  readonly quirks?: string[];
  readonly options?: Partial<OnvifOptions>;
  readonly rung?: Rung | null;
  readonly verified?: boolean;
  readonly stop?: 'stop' | 'zero-velocity';
  readonly says?: string;
}

const listsNothing = (xml: string) => xml.replace(/<tt:(?!Default)\w+Space>.*?<\/tt:\w+Space>/gs, '');
const withoutDefaults = (xml: string) => xml.replace(/<tt:Default\w+>.*?<\/tt:Default\w+>/gs, '');
const zoomRefused: Oddity = {
  instead: (operation, xml) =>
    /Move$/.test(operation) && xml.includes('<Zoom') ? fault('ter:SpaceNotSupported', 400) : undefined,
};

const PAN = /(PanTilt[^>]*?\bx=")([^"]*)/;
const SEAM = 0.999;
const wrapped = (value: number) => (((((value + 1) % 2) + 2) % 2) - 1).toFixed(6);

export const rows: Row[] = [
  ...Object.entries(ANYTHING).flatMap(([what, reply]): Row[] => [
    { what: `GetServices: ${what}`, oddity: answers({ GetServices: reply }) },
    {
      what: `GetConfigurationOptions: ${what}`,
      oddity: answers({ GetConfigurationOptions: reply }),
      says: 'that of the PTZ node is used',
    },
    {
      what: `GetConfigurationOptions and GetNodes: ${what}`,
      oddity: answers({ GetConfigurationOptions: reply, GetNodes: reply }),
      says: "that of the profile's defaults is used",
    },
    // Whoever does not answer these is not there.
    ...(what === 'silence'
      ? []
      : [
          { what: `GetSystemDateAndTime: ${what}`, oddity: answers({ GetSystemDateAndTime: reply }) },
          {
            what: `GetStatus: ${what}`,
            oddity: answers({ GetStatus: reply }),
            verified: false,
            says: 'does not report its position',
          },
        ]),
    { what: `Stop: ${what}`, oddity: answers({ Stop: reply }), stop: 'zero-velocity', says: 'Stop does not work' },
  ]),
  ...[400, 403].map((status) => ({
    what: `a user without the right to the configuration (${status})`,
    oddity: answers({
      GetConfigurationOptions: () => fault('ter:NotAuthorized', status),
      GetNodes: () => fault('ter:NotAuthorized', status),
    }),
    says: "that of the profile's defaults is used",
  })),
  {
    what: 'GetServices lists no PTZ',
    oddity: changes('GetServices', (xml) =>
      xml.replace(/<tds:Service>(?:(?!<tds:Service>).)*ptz\/wsdl.*?<\/tds:Service>/s, ''),
    ),
  },
  {
    what: 'GetServices lists no Media',
    oddity: changes('GetServices', (xml) =>
      xml.replace(/<tds:Service>(?:(?!<tds:Service>).)*media\/wsdl.*?<\/tds:Service>/s, ''),
    ),
  },
  {
    what: 'GetServices lists no addresses',
    oddity: changes('GetServices', (xml) => xml.replace(/<tds:XAddr>.*?<\/tds:XAddr>/gs, '<tds:XAddr/>')),
  },
  {
    what: 'GetConfigurationOptions lists nothing',
    oddity: changes('GetConfigurationOptions', listsNothing),
    says: 'that of the PTZ node is used',
  },
  {
    what: 'only defaults, spelled PanTilt',
    oddity: changes(/^Get(ConfigurationOptions|Nodes|Profiles)$/, (xml) =>
      listsNothing(xml).replaceAll('PantTilt', 'PanTilt'),
    ),
    says: "that of the profile's defaults is used",
  },
  {
    what: 'no space anywhere',
    oddity: changes(/^Get(ConfigurationOptions|Nodes|Profiles)$/, (xml) => withoutDefaults(listsNothing(xml))),
    says: 'velocities without a named space are tried',
  },
  {
    what: 'PTZConfiguration under Extension',
    oddity: changes('GetProfiles', (xml) =>
      xml.replace(/<tt:PTZConfiguration.*?<\/tt:PTZConfiguration>/gs, '<tt:Extension>$&</tt:Extension>'),
    ),
  },
  {
    what: 'PTZConfiguration without a token',
    oddity: changes('GetProfiles', (xml) => xml.replace(/<tt:PTZConfiguration token="[^"]*"/g, '<tt:PTZConfiguration')),
    says: 'that of the PTZ node is used',
  },
  {
    what: 'PTZConfiguration that is empty',
    oddity: changes('GetProfiles', (xml) =>
      xml.replace(/<tt:PTZConfiguration.*?<\/tt:PTZConfiguration>/gs, '<tt:PTZConfiguration/>'),
    ),
    says: 'that of the PTZ node is used',
  },
  {
    what: 'moves and Stop answered with nothing',
    oddity: changes(/Move$|^Stop$/, empty),
    stop: 'zero-velocity',
  },
  {
    what: 'moves answered with 204, an empty body, another name',
    oddity: changes(/Move$/, () => envelope('<tptz:StopResponse/>')),
  },
  {
    what: 'Stop without an effect',
    oddity: answers({ Stop: () => envelope('<tptz:StopResponse/>') }),
    stop: 'zero-velocity',
  },
  { what: 'zooming refused', oddity: zoomRefused, says: 'only pan and tilt are moved' },
  {
    what: 'zooming refused, Timeout ignored',
    oddity: zoomRefused,
    quirks: ['timeout-ignored'],
    rung: 'absolute',
    says: 'only pan and tilt are moved',
  },
  { what: 'zooming refused, relative', oddity: zoomRefused, options: { rungs: ['relative'] }, rung: 'relative' },
  {
    what: 'speeds of moves to a place refused',
    oddity: {
      instead: (operation, xml) => (operation === 'AbsoluteMove' && xml.includes('<Speed') ? fault() : undefined),
    },
    quirks: ['timeout-ignored'],
    rung: 'absolute',
  },
  {
    what: 'every move refused',
    oddity: { instead: (operation) => (operation.endsWith('Move') ? fault() : undefined) },
    rung: null,
    verified: false,
  },
  {
    what: 'zoom ranges 0 to 0 and 1 to 1',
    oddity: changes('GetConfigurationOptions', (xml) =>
      xml.replace(/(<tt:\w*Zoom\w*Space>.*?<tt:Min>)[^<]*(<\/tt:Min><tt:Max>)[^<]*/gs, '$11$21'),
    ),
  },
  ...[
    ['http:///', 'no host'],
    ['/', 'only a path'],
    ['//', 'no scheme'],
    ['http://192.168.1.64:80/', 'a host behind address translation'],
    ['http://[fe80::1%25eth0]/', 'a host that is none'],
    ['192.168.1.64:80/', 'a host without http'],
    ['http://admin:x@192.168.1.64/', 'a login'],
    ['http://0.0.0.0/onvif/device_service http://HOST/', 'two addresses'],
    ['http://HOST/onvif/p http://192.0.2.1/', 'two addresses, the good one first'],
  ].map(
    ([to = '', what]): Row => ({
      what: `addresses with ${what}`,
      // Each service only at its own path.
      oddity: {
        after: (operation, xml) =>
          /^Get(Services|Capabilities)$/.test(operation)
            ? xml.replace(/>\s*http:\/\/([^/<]+)\//g, (_, host: string) => `>\n ${to.replace('HOST', host)}`)
            : xml,
      },
    }),
  ),
  {
    what: 'a pan that begins anew, at the end of its range',
    oddity: {
      after: (operation, xml) =>
        operation === 'GetStatus' ? xml.replace(PAN, (_, before, pan) => before + wrapped(Number(pan) + SEAM)) : xml,
      instead: (operation, xml) => ({
        ask:
          operation === 'AbsoluteMove'
            ? xml.replace(PAN, (_, before, pan) => before + wrapped(Number(pan) - SEAM))
            : xml,
      }),
    },
    quirks: ['timeout-ignored'],
    rung: 'absolute',
  },
  {
    what: 'pan and tilt in separate requests only',
    oddity: {
      instead: (operation, xml) =>
        operation === 'ContinuousMove' && xml.includes('<Zoom') && xml.includes('<PanTilt') ? fault() : undefined,
    },
  },
];

const SPACES = 'http://www.onvif.org/ver10/tptz/PanTiltSpaces/';
const OPTIONS = /^GetConfigurationOptions$/;
/** The camera calls its spaces otherwise, in what it says and in what it takes. */
function renamed(from: RegExp, to: string): Oddity {
  return {
    instead: (operation, xml) => ({
      ask: /Move$/.test(operation) ? xml.replaceAll(to, String(from.source).replaceAll('\\', '')) : xml,
    }),
    after: (operation, xml) => (OPTIONS.test(operation) ? xml.replace(from, to) : xml),
  };
}
const withRange = (name: string, min: number, max: number) => (xml: string) =>
  xml.replace(new RegExp(`<tt:${name}>.*?</tt:${name}>`, 's'), (space) =>
    space.replace(/<tt:Min>[^<]*/g, `<tt:Min>${min}`).replace(/<tt:Max>[^<]*/g, `<tt:Max>${max}`),
  );

rows.push(
  {
    what: 'a velocity space of a vendor',
    oddity: renamed(/PanTiltSpaces\/VelocityGenericSpace/, 'PanTiltSpaces/VelocitySpaceDegrees'),
  },
  { what: 'a velocity space', oddity: renamed(/PanTiltSpaces\/VelocityGenericSpace/, 'PanTiltSpaces/VelocitySpace') },
  {
    what: 'spaces under another root',
    oddity: renamed(
      /http:\/\/www.onvif.org\/ver10\/tptz\/PanTiltSpaces\/VelocityGenericSpace/,
      'urn:vendor:VelocityGenericSpace',
    ),
  },
  { what: 'spaces without a URI', oddity: changes(OPTIONS, (xml) => xml.replace(/<tt:URI>.*?<\/tt:URI>/gs, '')) },
  {
    what: 'spaces with an empty URI, without ranges',
    oddity: changes(OPTIONS, (xml) =>
      xml.replace(/<tt:URI>.*?<\/tt:URI>/gs, '<tt:URI/>').replace(/<tt:[XY]Range>.*?<\/tt:[XY]Range>/gs, ''),
    ),
  },
  {
    what: 'velocities from -100 to 100',
    oddity: {
      ...changes(OPTIONS, withRange('ContinuousPanTiltVelocitySpace', -100, 100)),
      instead: (operation, xml) => ({
        ask:
          operation === 'ContinuousMove'
            ? xml.replace(/(<PanTilt x=")([^"]*)(" y=")([^"]*)/, (_, a, x, b, y) => `${a}${x / 100}${b}${y / 100}`)
            : xml,
      }),
    },
  },
  {
    what: 'velocities from 0 to 1, and back',
    oddity: changes(OPTIONS, withRange('ContinuousPanTiltVelocitySpace', 0, 1)),
  },
  { what: 'ranges upside down', oddity: changes(OPTIONS, withRange('ContinuousPanTiltVelocitySpace', 1, -1)) },
  {
    what: 'ranges with a decimal comma',
    oddity: changes(OPTIONS, (xml) => xml.replace(/<tt:(Min|Max)>(-?)1</g, '<tt:$1>$21,000<')),
  },
  {
    what: 'positions from 0 to 1 that go to -1',
    oddity: changes(OPTIONS, withRange('AbsolutePanTiltPositionSpace', 0.2, 1)),
    says: 'declared is 0.2 to 1: -1 to 1 is used',
  },
  {
    what: 'positions with a decimal comma',
    oddity: changes('GetStatus', (xml) => xml.replace(/(x|y)="(-?\d+)\.(\d+)"/g, '$1="$2,$3"')),
  },
  { what: 'positions without a zoom', oddity: changes('GetStatus', (xml) => xml.replace(/<tt:Zoom x[^>]*>/g, '')) },
  { what: 'positions without a space', oddity: changes('GetStatus', (xml) => xml.replace(/ space="[^"]*"/g, '')) },
  {
    what: 'positions in a space that is not listed',
    oddity: changes('GetStatus', (xml) => xml.replaceAll(SPACES, 'urn:x/')),
  },
  { what: 'MoveStatus unknown', oddity: changes('GetStatus', (xml) => xml.replace(/>(MOVING|IDLE)</g, '>UNKNOWN<')) },
  { what: 'MoveStatus always idle', oddity: changes('GetStatus', (xml) => xml.replace(/>MOVING</g, '>IDLE<')) },
  {
    what: 'a least Timeout, in full',
    oddity: changes(OPTIONS, (xml) => xml.replace(/<tt:Min>PT[^<]*/, '<tt:Min>P0Y0M0DT0H0M0.900S')),
  },
  {
    what: 'a least Timeout of a minute',
    oddity: changes(OPTIONS, (xml) => xml.replace(/<tt:Min>PT[^<]*/, '<tt:Min>P0Y0M0DT0H1M0.000S')),
  },
  ...Object.entries({
    'a mark before': (xml: string) => `\uFEFF${xml}`,
    'empty lines before': (xml: string) => `\r\n\r\n${xml.replaceAll('><', '>\r\n<')}`,
    'zeros after': (xml: string) => `${xml}${'\0'.repeat(3000)}`,
    'text around': (xml: string) => `Warning: low memory\n${xml}\nOK\n`,
    'a document type': (xml: string) => xml.replace(/^(<\?xml.*?\?>)?/, '<!DOCTYPE a [<!ENTITY b "&#60;x>">]>'),
    'odd names': (xml: string) => xml.replace(/<tt:Name>[^<]*/g, '<tt:Name>A & B \u0001 &nbsp; &x; < 3'),
    'other prefixes': (xml: string) =>
      xml.replaceAll('tt:', 'q1:').replaceAll('tptz:', '').replaceAll('s:', 'SOAP-ENV:'),
    'unknown prefixes': (xml: string) => xml.replace(/ xmlns(:\w+)?="[^"]*"/g, ''),
  }).map(([what, change]): Row => ({ what: `every answer with ${what}`, oddity: changes(/./, change) })),
);
