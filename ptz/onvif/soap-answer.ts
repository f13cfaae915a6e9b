/**
 * What a camera's answer to a SOAP request says. Read leniently (text around the envelope, odd characters, unknown
 * prefixes, a document type, which is never expanded) and bounded; but it must be the answer to what was asked.
 */
import { errorMessage, WindhoverError } from '../../runtime/node.ts';
import { readXml } from '../../runtime/xml.ts';
import type { HttpAnswer } from '../network/http.ts';
import { all, at, type XmlElement } from './xml.ts';

/** The request was not answered with what was asked for. */
export interface Refusal {
  /** Local names, general first: `ActionNotSupported`, `InvalidArgVal`, … */
  readonly subcodes: readonly string[];
  readonly reason: string;
  /** A success by its HTTP status, without a word: what was asked for may have been done. */
  readonly isMute?: boolean;
}

export type Answer = { readonly body: XmlElement; readonly refusal: null } | { readonly refusal: Refusal };

const LIMITS = { lenientRoot: 'Envelope', maxDepth: 40, maxElements: 20_000 };
/** Of ONVIF, and of WS-Security (SOAP Message Security 1.1, 12). */
const UNAUTHORIZED =
  /[:>\s](?:NotAuthorized|FailedAuthentication|FailedCheck|InvalidSecurity(?:Token)?|MessageExpired)\s*</;
/** Of a text that is shown. */
const MAX_SHOWN = 300;

/** ONVIF Core, "Authentication": 401, or 400 with a NotAuthorized fault. Some say it with 403, 500 or even 200. */
export function isUnauthorized({ status, text }: HttpAnswer): boolean {
  return status === 401 || status === 403 || (/:?Fault\b/.test(text) && UNAUTHORIZED.test(text));
}

export function readAnswer(operation: string, { status, text }: HttpAnswer): Answer {
  const isMute = status >= 200 && status < 300;
  if (/^[\s\0]*$/.test(text)) return refused(`HTTP status ${status} and nothing else`, isMute);
  let body: XmlElement | undefined;
  try {
    body = at(readXml(text, LIMITS), 'Body');
  } catch (error) {
    return refused(`HTTP status ${status} and no SOAP: ${errorMessage(error)}`);
  }
  if (!body) return refused(`HTTP status ${status} and no SOAP body`);
  const fault = body.children.find(({ local }) => local === 'Fault');
  if (fault) return { refusal: readFault(fault) };
  const wanted = `${operation}Response`.toLowerCase();
  const found = body.children.find(({ local }) => local.toLowerCase() === wanted);
  if (found) return { body: found, refusal: null };
  const got = body.children.map(({ local }) => local).join(', ');
  return refused(`HTTP status ${status} and ${got === '' ? 'an empty body' : `an answer called ${got}`}`, isMute);
}

/** SOAP 1.2, or 1.1 (`faultstring`). */
function readFault(fault: XmlElement): Refusal {
  const values = all(at(fault, 'Code'), 'Value').map(({ text }) => text.slice(text.indexOf(':') + 1));
  const [reason] = [...all(fault, 'Text'), ...all(fault, 'faultstring')];
  return { subcodes: values.slice(1), reason: (reason?.text ?? '').slice(0, MAX_SHOWN) };
}

function refused(reason: string, isMute = false): Answer {
  return { refusal: { subcodes: [], reason: reason.slice(0, MAX_SHOWN), isMute } };
}

export function refusedError(operation: string, { subcodes, reason }: Refusal): WindhoverError {
  return new WindhoverError('ptz_refused', `the camera refused ${operation}`, {
    got: [subcodes.join('/'), reason].filter((part) => part !== '').join(': '),
  });
}
