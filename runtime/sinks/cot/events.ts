/** Cursor-on-Target 2.0 events as XML: a camera with its field of view, the line to an object, and its end. Pure. */
import type { Site } from '../../../schemas/site.ts';
import { escapeXml } from '../../xml.ts';
import type { TrackBearing, View } from './bearings.ts';

/** A camera as a sensor on the map. */
const SENSOR_TYPE = 'b-m-p-s-p-loc';
/** A line of range and bearing. */
const LINE_TYPE = 'u-rb-a';

export interface Times {
  /** When it was so, Unix time. */
  readonly atUnixMs: number;
  readonly staleMs: number;
}

/** The camera: where it stands, where it looks, how wide. */
export function cameraEvent(camera: string, site: Site, view: View, lineM: number, times: Times): string {
  const attributes = {
    azimuth: degrees(view.azimuthDeg),
    elevation: degrees(view.elevationDeg),
    fov: degrees(view.hfovDeg),
    vfov: degrees(view.vfovDeg),
    range: lineM,
    north: 0,
    roll: 0,
    displayMagneticReference: 0,
    type: 'r',
    model: 'Windhover',
  };
  return event({ uid: cameraUid(camera), type: SENSOR_TYPE, how: 'm-c', site, times }, [
    element('contact', { callsign: camera }),
    element('sensor', attributes),
  ]);
}

/** A track: the line from the camera towards it. */
export function trackEvent(uid: string, camera: string, site: Site, track: TrackBearing, lineM: number, times: Times) {
  const { id, label, conf, widthDeg } = track;
  return event({ uid, type: LINE_TYPE, how: 'm-i', site, times }, [
    element('contact', { callsign: `${camera} ${label} ${id}` }),
    element('range', { value: lineM }),
    element('bearing', { value: degrees(track.azimuthDeg) }),
    element('inclination', { value: degrees(track.elevationDeg) }),
    element('rangeUnits', { value: 1 }),
    element('bearingUnits', { value: 0 }),
    element('northRef', { value: 0 }),
    element('link', { uid: cameraUid(camera), type: SENSOR_TYPE, relation: 'p-p' }),
    `<remarks>${escapeXml(`${label}, confidence ${conf.toFixed(2)}, ${degrees(widthDeg)}° wide; distance not known`)}</remarks>`,
  ]);
}

/** The same event, which holds no longer: receivers take it off their map. */
export function endEvent(uid: string, camera: string, site: Site, atUnixMs: number): string {
  return event({ uid, type: LINE_TYPE, how: 'm-i', site, times: { atUnixMs, staleMs: 0 } }, [
    element('link', { uid: cameraUid(camera), type: SENSOR_TYPE, relation: 'p-p' }),
    '<remarks>the track has ended</remarks>',
  ]);
}

/** Unique over time: a session's id is. */
export function trackUid(sessionId: string, id: number): string {
  return `windhover.${sessionId}.${id}`;
}

function cameraUid(camera: string): string {
  return `windhover.${camera}`;
}

interface Head {
  readonly uid: string;
  readonly type: string;
  /** m-c: from a configuration. m-i: taken from a picture. */
  readonly how: string;
  readonly site: Site;
  readonly times: Times;
}

/** CE and LE, in metres: a site is written down by hand. */
const SITE_ERROR_M = 10;

function event({ uid, type, how, site, times }: Head, detail: readonly string[]): string {
  const time = (unixMs: number) => new Date(unixMs).toISOString();
  const { atUnixMs, staleMs } = times;
  const head = {
    version: '2.0',
    uid,
    type,
    how,
    time: time(atUnixMs),
    start: time(atUnixMs),
    stale: time(atUnixMs + staleMs),
  };
  const point = { lat: site.lat, lon: site.lon, hae: site.height_m, ce: SITE_ERROR_M, le: SITE_ERROR_M };
  const inside = `${element('point', point)}<detail>${detail.join('')}</detail>`;
  return `<?xml version="1.0" encoding="UTF-8"?><event${attributesOf(head)}>${inside}</event>`;
}

function element(name: string, attributes: Readonly<Record<string, string | number>>): string {
  return `<${name}${attributesOf(attributes)}/>`;
}

function attributesOf(attributes: Readonly<Record<string, string | number>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join('');
}

function degrees(angleDeg: number): string {
  return angleDeg.toFixed(3);
}
