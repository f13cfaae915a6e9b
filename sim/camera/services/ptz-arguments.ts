/** Arguments of PTZ requests: vectors with their spaces, and durations. */
import { invalidArgument } from '../soap/fault.ts';
import type { QName } from '../soap/names.ts';
import { child, type XmlElement } from '../soap/read-xml.ts';

export interface PanTiltVector {
  readonly x: number;
  readonly y: number;
  readonly space: string | undefined;
}

export interface ZoomVector {
  readonly x: number;
  readonly space: string | undefined;
}

/** A `PTZVector` or `PTZSpeed`: either part may be left out. */
export interface PtzVector {
  readonly panTilt: PanTiltVector | undefined;
  readonly zoom: ZoomVector | undefined;
}

/** @throws SoapFault `InvalidArgVal` for numbers that are none */
export function readVector(body: XmlElement, name: QName): PtzVector {
  const element = child(body, name);
  const panTilt = child(element, 'tt:PanTilt');
  const zoom = child(element, 'tt:Zoom');
  const space = (from: XmlElement) => from.attributes.get('space');
  return {
    panTilt: panTilt && { x: number(panTilt, 'x'), y: number(panTilt, 'y'), space: space(panTilt) },
    zoom: zoom && { x: number(zoom, 'x'), space: space(zoom) },
  };
}

function number(element: XmlElement, name: string): number {
  const text = element.attributes.get(name)?.trim() ?? '';
  if (/^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(text)) return Number(text);
  throw invalidArgument('InvalidArgs', `${element.local}: attribute ${name} must be a number`);
}

/** Without a space, the configuration's default: the generic one. @throws SoapFault `SpaceNotSupported` */
export function spaceOf(vector: { readonly space: string | undefined }, ...known: [string, ...string[]]): string {
  const space = vector.space ?? known[0];
  if (known.includes(space)) return space;
  throw invalidArgument('SpaceNotSupported', `The requested space is not supported: ${space.slice(0, 100)}`);
}

/** `PT1.5S` → 1.5. @throws SoapFault when it is no XML duration of hours, minutes and seconds */
export function readDurationS(text: string): number {
  const match = /^PT(?=\d)(?:(\d{1,4})H)?(?:(\d{1,6})M)?(?:(\d{1,6}(?:\.\d+)?)S)?$/.exec(text);
  if (!match) throw invalidArgument('InvalidArgs', `not a duration: '${text.slice(0, 40)}'`);
  const [, hours = '0', minutes = '0', seconds = '0'] = match;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** xs:boolean; null when the element is missing. */
export function readFlag(body: XmlElement, name: QName): boolean | null {
  const text = child(body, name)?.text;
  if (text === undefined) return null;
  if (/^(true|1)$/.test(text)) return true;
  if (/^(false|0)$/.test(text)) return false;
  throw invalidArgument('InvalidArgs', `${name}: must be true or false`);
}
