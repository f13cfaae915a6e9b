/** Cases of `ptz/40-onvif-oddities`: odd cameras, and what is right to find out about each. */
import type { Case } from './case.ts';
import { type Answer, type Finding, type Oddity, tryCamera } from './odd-camera.ts';

interface OddCase extends Oddity {
  readonly want: string;
  readonly isRight: (finding: Finding) => boolean;
}

/** Two seconds at a fifth of 90° per second, less the ramp. */
const turns = ({ turnedDeg, stands }: Finding) => turnedDeg > 27 && turnedDeg < 45 && stands;
const steers = (finding: Finding) => finding.rung === 'velocity' && finding.verified && turns(finding);
const STEERED = { want: 'velocity, verified; it turns and stands', isRight: steers };
const BY_ZERO = {
  want: 'velocity, verified; stopped by a velocity of zero',
  isRight: (finding: Finding) => steers(finding) && finding.stop === 'zero-velocity',
};

const inBody = (body: string) =>
  `<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>${body}</s:Body></s:Envelope>`;
const fault = (code: string): Answer => ({
  status: 500,
  body: inBody(
    `<s:Fault xmlns:ter="http://www.onvif.org/ver10/error"><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:InvalidArgVal</s:Value><s:Subcode><s:Value>ter:${code}</s:Value></s:Subcode></s:Subcode></s:Code><s:Reason><s:Text>no</s:Text></s:Reason></s:Fault>`,
  ),
});
const ptzAnswer = (name: string, content = '') =>
  inBody(
    `<p:${name} xmlns:p="http://www.onvif.org/ver20/ptz/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema">${content}</p:${name}>`,
  );
const DONE = (name: string): Answer => ({ status: 200, body: ptzAnswer(name) });

/** Changes the answers to some operations. */
const answering = (operations: RegExp, change: (xml: string) => string) => ({
  answer: (operation: string, xml: string) => (operations.test(operation) ? change(xml) : xml),
});
/** Answers some requests itself. */
const asking = (operations: RegExp, instead: Answer) => ({
  ask: (operation: string, xml: string) => (operations.test(operation) ? instead : xml),
});

const ADDRESSES = /^(GetServices|GetCapabilities)$/;
const MOVES = /^(ContinuousMove|AbsoluteMove|RelativeMove)$/;
const OWN_ADDRESS = /http:\/\/127\.0\.0\.1:\d+\//g;
const NO_ZOOM = {
  ask: (operation: string, xml: string) =>
    MOVES.test(operation) && /<(\w+:)?Zoom/.test(xml) ? fault('SpaceNotSupported') : xml,
};
/** Each service answers only at its own path. */
const OWN_PATHS = {
  ask: (_operation: string, xml: string, path: string) => {
    const service = /ptz\/wsdl/.test(xml) ? 'ptz' : /media\/wsdl/.test(xml) ? 'media' : 'device';
    return path.includes(service) ? xml : { status: 404, body: 'not here' };
  },
};
const PAN = /(PanTilt[^>]*?\bx=")([^"]*)/;
const wrapped = (value: number) => ((((value + 1) % 2) + 2) % 2) - 1;
const SEAM = 0.999;
const AT_SEAM: Oddity = {
  ...answering(/^GetStatus$/, (xml) =>
    xml.replace(PAN, (_, before, pan) => before + wrapped(Number(pan) + SEAM).toFixed(6)),
  ),
  ask: (operation, xml) =>
    operation === 'AbsoluteMove'
      ? xml.replace(PAN, (_, before, pan) => before + wrapped(Number(pan) - SEAM).toFixed(6))
      : xml,
};

const ODD: Readonly<Record<string, OddCase>> = {
  plain: STEERED,
  'addresses without a host': { ...STEERED, ...answering(ADDRESSES, (xml) => xml.replace(OWN_ADDRESS, 'http:///')) },
  'relative addresses': { ...STEERED, ...answering(ADDRESSES, (xml) => xml.replace(OWN_ADDRESS, '/')) },
  'addresses behind a NAT': {
    ...STEERED,
    ...answering(/^GetServices$/, (xml) => xml.replace(/127\.0\.0\.1:\d+/g, '192.168.1.64:80')),
  },
  'each service at its own path': { ...STEERED, ...OWN_PATHS },
  'each service at its own path, relative addresses': {
    ...STEERED,
    ...OWN_PATHS,
    ...answering(ADDRESSES, (xml) => xml.replace(OWN_ADDRESS, '/')),
  },
  'MoveStatus UNKNOWN': {
    ...STEERED,
    ...answering(/^GetStatus$/, (xml) => xml.replace(/>(MOVING|IDLE)</g, '>UNKNOWN<')),
  },
  'MoveStatus always IDLE': { ...STEERED, ...answering(/^GetStatus$/, (xml) => xml.replace(/>MOVING</g, '>IDLE<')) },
  'MoveStatus always IDLE, no position': {
    want: 'velocity, not verified',
    isRight: (finding) => finding.rung === 'velocity' && !finding.verified && turns(finding),
    ...answering(/^GetStatus$/, (xml) =>
      xml.replace(/>MOVING</g, '>IDLE<').replace(/<[a-z]*:?Position>.*?<\/[a-z]*:?Position>/s, ''),
    ),
  },
  'no zoom: moves with a Zoom are refused': { ...STEERED, ...NO_ZOOM },
  'no zoom: refused, and its spaces are not listed': {
    ...STEERED,
    ...NO_ZOOM,
    ...answering(/^GetConfigurationOptions$/, (xml) =>
      xml.replace(/<tt:\w*Zoom\w*Space>.*?<\/tt:\w*Zoom\w*Space>/gs, ''),
    ),
  },
  'zoom ranges 0 to 0 and 1 to 1': {
    ...STEERED,
    ...answering(/^GetConfigurationOptions$/, (xml) =>
      xml
        .replace(
          /(<tt:(?:ContinuousZoomVelocitySpace|RelativeZoomTranslationSpace)>.*?<tt:Min>)[^<]*(<\/tt:Min><tt:Max>)[^<]*/gs,
          '$10$20',
        )
        .replace(/(<tt:AbsoluteZoomPositionSpace>.*?<tt:Min>)[^<]*(<\/tt:Min><tt:Max>)[^<]*/gs, '$11$21'),
    ),
  },
  'velocities from -100 to 100': {
    ...STEERED,
    ...answering(/^GetConfigurationOptions$/, (xml) =>
      xml.replace(
        /(<tt:ContinuousPanTiltVelocitySpace>)(.*?)(<\/tt:ContinuousPanTiltVelocitySpace>)/gs,
        (_, before, space: string, after) =>
          before + space.replace(/<tt:Min>[^<]*/g, '<tt:Min>-100').replace(/<tt:Max>[^<]*/g, '<tt:Max>100') + after,
      ),
    ),
    ask: (operation, xml) =>
      operation === 'ContinuousMove'
        ? xml.replace(
            /(<(?:\w+:)?PanTilt[^>]*?x=")([^"]*)("[^>]*?y=")([^"]*)/,
            (_, a, x, b, y) => `${a}${Number(x) / 100}${b}${Number(y) / 100}`,
          )
        : xml,
  },
  'only a velocity space of the vendor': {
    want: 'any rung that moves it',
    isRight: ({ rung, turnedDeg }) => rung !== null && turnedDeg > 5,
    ...answering(/^GetConfigurationOptions$/, (xml) =>
      xml.replace(/PanTiltSpaces\/VelocityGenericSpace/g, 'PanTiltSpaces/VelocitySpaceDegrees'),
    ),
    ask: (_, xml) => xml.replace('VelocitySpaceDegrees', 'VelocityGenericSpace'),
  },
  'absolute moves are accepted without effect': {
    ...STEERED,
    ...asking(/^AbsoluteMove$/, DONE('AbsoluteMoveResponse')),
  },
  'absolute moves without effect, velocities without end': {
    want: 'relative moves, verified',
    isRight: ({ rung, verified, turnedDeg }) => rung === 'relative' && verified && turnedDeg > 5,
    quirks: ['timeout-ignored', 'no-relative-fov'],
    ...asking(/^AbsoluteMove$/, DONE('AbsoluteMoveResponse')),
  },
  'Stop without effect': { ...BY_ZERO, ...asking(/^Stop$/, DONE('StopResponse')) },
  'Stop answered by 200 without a body': { ...BY_ZERO, ...asking(/^Stop$/, { status: 200, body: '' }) },
  'Stop answered by 400 and HTML': {
    ...BY_ZERO,
    ...asking(/^Stop$/, { status: 400, body: '<html>Bad Request</html>' }),
  },
  'Stop answered by a fault': { ...BY_ZERO, ...asking(/^Stop$/, fault('ActionNotSupported')) },
  'moves and Stop answered by 200 without a body': {
    want: 'velocity; it turns and stands',
    isRight: (finding) => finding.rung === 'velocity' && turns(finding),
    ...answering(/Move|Stop/, () => ''),
  },
  'positions with a decimal comma': {
    want: 'velocity, verified; positions are read',
    isRight: (finding) => steers(finding) && finding.position !== null,
    ...answering(/^GetStatus$/, (xml) => xml.replace(/(x|y)="(-?\d+)\.(\d+)"/g, '$1="$2,$3"')),
  },
  'position without zoom': {
    ...STEERED,
    ...answering(/^GetStatus$/, (xml) => xml.replace(/<[a-z]*:?Zoom [^>]*\/>/g, '')),
  },
  'GetServices is not there': { ...STEERED, ...asking(/^GetServices$/, fault('ActionNotSupported')) },
  'a preset without a name': {
    want: 'found by its token',
    isRight: (finding) => steers(finding) && finding.presets.includes('only ('),
    ...answering(/^GetPresets$/, () => ptzAnswer('GetPresetsResponse', '<p:Preset token="only"/>')),
  },
  '400 presets': {
    want: 'all are read',
    isRight: (finding) => steers(finding) && finding.presets.includes('399 (预置点 399 & co)'),
    ...answering(/^GetPresets$/, () =>
      ptzAnswer(
        'GetPresetsResponse',
        Array.from(
          { length: 400 },
          (_, i) => `<p:Preset token="${i}"><tt:Name>预置点 ${i} &amp; co</tt:Name></p:Preset>`,
        ).join(''),
      ),
    ),
  },
  'stands at the seam of a pan that goes round': { ...STEERED, ...AT_SEAM },
  'at the seam, velocities without end': {
    want: 'absolute moves, never the long way round',
    isRight: ({ rung, turnedDeg, furthestDeg }) => rung === 'absolute' && turnedDeg > 5 && furthestDeg < 60,
    quirks: ['timeout-ignored'],
    ...AT_SEAM,
  },
  'commands and positions both turned': {
    want: 'velocity: only the picture can tell',
    isRight: ({ rung }) => rung === 'velocity',
    ...answering(/^GetStatus$/, (xml) => xml.replace(PAN, (_, before, pan) => before + -Number(pan))),
    ask: (operation, xml) =>
      operation === 'ContinuousMove' ? xml.replace(PAN, (_, before, pan) => before + -Number(pan)) : xml,
  },
};

export function onvifCases(): Case[] {
  return Object.entries(ODD).map(([name, { want, isRight, ...oddity }]) => ({
    name: `ptz/40-onvif-oddities: ${name}`,
    expected: want,
    isSlow: false,
    run: async () => {
      const finding = await tryCamera(oddity);
      const { rung, verified, stop, turnedDeg, stands, position, notes } = finding;
      const parts = [
        `rung ${rung}${verified ? ', verified' : ''}`,
        `stop ${stop}`,
        `turned ${turnedDeg.toFixed(1)}°, ${stands ? 'stands' : 'still moves'}`,
        `position ${position?.toFixed(3) ?? 'none'}`,
        ...notes,
      ];
      return { pass: isRight(finding), got: parts.join('; ') };
    },
  }));
}
