/** The camera's clock, which logins by WS-UsernameToken are checked by (ONVIF Core, "GetSystemDateAndTime"). */
import type { DriverTime } from '../time.ts';
import { DEVICE_NS, type SoapClient } from './soap-client.ts';
import { all, at, numberOf, type XmlElement } from './xml.ts';

/**
 * Learns the camera's clock, which comes in whole seconds. A camera that does not tell it (a fault, no date, no SOAP) is
 * assumed to have ours.
 */
export async function learnClock(
  client: SoapClient,
  device: URL,
  time: DriverTime,
  signal?: AbortSignal,
): Promise<void> {
  const startMs = time.clock.unixMs();
  const operation = 'GetSystemDateAndTime';
  const answer = await client.ask({ url: device, namespace: DEVICE_NS, operation, access: 'open', signal });
  const reportedMs = answer.refusal === null ? readClock(answer.body) : null;
  // Half a second more: a whole second stands for all of it.
  client.clockOffsetMs = reportedMs === null ? 0 : reportedMs + 500 - (startMs + time.clock.unixMs()) / 2;
}

/** Unix time, ms; null: it says none. UTC first; local time by its zone. */
export function readClock(body: XmlElement): number | null {
  const timesOf = (name: string) => all(body, name).flatMap((element) => readDateTime(element) ?? []);
  const [utcMs] = timesOf('UTCDateTime');
  if (utcMs !== undefined) return utcMs;
  const [localMs] = timesOf('LocalDateTime');
  if (localMs === undefined) return null;
  const isSummer = /^(true|1)$/i.test(all(body, 'DaylightSavings')[0]?.text ?? '');
  return localMs - zoneAheadMs(all(body, 'TZ')[0]?.text ?? '', isSummer);
}

/** Null for a date that is none, such as 0-0-0 of a clock that was never set. */
function readDateTime(element: XmlElement): number | null {
  const number = (least: number, most: number, ...path: string[]) => {
    const value = numberOf(at(element, ...path)?.text);
    return value !== null && value >= least && value <= most ? value : Number.NaN;
  };
  const [year, month, day] = [
    number(1970, 9999, 'Date', 'Year'),
    number(1, 12, 'Date', 'Month'),
    number(1, 31, 'Date', 'Day'),
  ];
  const [hour, minute] = [number(0, 24, 'Time', 'Hour'), number(0, 59, 'Time', 'Minute')];
  const unixMs = Date.UTC(year, month - 1, day, hour, minute, number(0, 60, 'Time', 'Second'));
  return Number.isFinite(unixMs) ? unixMs : null;
}

const NAME = '(?:[A-Za-z]{3,}|<[^<>]{1,20}>)';
const OFFSET = '([-+]?)(\\d{1,2})(?::(\\d{2}))?(?::(\\d{2}))?';
const POSIX = new RegExp(`^${NAME}${OFFSET}(?:${NAME}(?:${OFFSET})?)?(?:,.*)?$`);
const HOUR_MS = 3_600_000;

/**
 * How far a local time is ahead of UTC, by a POSIX zone (`CET-1CEST,M3.5.0,M10.5.0`: hours to the west; an hour more in
 * summer); 0 for anything else. Whether it is summer is what the camera says, not the zone's rule.
 */
function zoneAheadMs(zone: string, isSummer: boolean): number {
  const [, ...parts] = POSIX.exec(zone.trim()) ?? [];
  const winterMs = aheadMs(...parts.slice(0, 4));
  if (!isSummer) return winterMs;
  return parts[5] === undefined ? winterMs + HOUR_MS : aheadMs(...parts.slice(4, 8));
}

/** POSIX counts to the west. */
function aheadMs(sign = '', hours = '0', minutes = '0', seconds = '0'): number {
  const westMs = Number(hours) * HOUR_MS + Number(minutes) * 60_000 + Number(seconds) * 1000;
  return sign === '-' ? westMs : -westMs;
}
