/**
 * SOAP 1.2 faults as ONVIF uses them: a code (Sender: the request is wrong, Receiver: the camera cannot), and one or
 * two subcodes (ONVIF Core Specification, "SOAP faults"; ONVIF PTZ Service Specification, the tables of each operation).
 */
import { el, envelope } from './write-xml.ts';

export class SoapFault extends Error {
  /** Names of the ONVIF error namespace, general first: `['InvalidArgVal', 'NoProfile']`. */
  readonly subcodes: readonly string[];
  readonly code: 'Sender' | 'Receiver' | 'VersionMismatch';

  constructor(code: SoapFault['code'], subcodes: readonly string[], reason: string) {
    super(reason);
    this.name = 'SoapFault';
    this.code = code;
    this.subcodes = subcodes;
  }

  /** SOAP 1.2 Part 2, 7.5.2.2: 400 for the sender's fault, 500 for the receiver's. */
  get status(): number {
    return this.code === 'Sender' ? 400 : 500;
  }

  toXml(): string {
    const [general, special] = this.subcodes;
    const inner = special === undefined ? null : el('s:Subcode', el('s:Value', `ter:${special}`));
    const subcode = general === undefined ? null : el('s:Subcode', el('s:Value', `ter:${general}`), inner);
    return envelope(
      el(
        's:Fault',
        el('s:Code', el('s:Value', `s:${this.code}`), subcode),
        el('s:Reason', el('s:Text', { 'xml:lang': 'en' }, this.message)),
      ),
    );
  }
}

/** An argument's value is not one that the camera takes. */
export function invalidArgument(subcode: string, reason: string): SoapFault {
  return new SoapFault('Sender', ['InvalidArgVal', subcode], reason);
}

export function notSupported(reason = 'Optional Action Not Implemented', subcode?: string): SoapFault {
  return new SoapFault('Receiver', ['ActionNotSupported', ...(subcode ? [subcode] : [])], reason);
}

export function notAuthorized(reason: string): SoapFault {
  return new SoapFault('Sender', ['NotAuthorized'], reason);
}
