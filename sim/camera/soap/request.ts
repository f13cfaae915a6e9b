/** A SOAP request: the operation, its arguments, and the login. */
import { errorMessage, WindhoverError } from '../../../runtime/errors.ts';
import { SoapFault } from './fault.ts';
import { NS } from './names.ts';
import { child, readXml, type XmlElement } from './read-xml.ts';

export interface SoapRequest {
  /** Namespace of the service that the operation belongs to. */
  readonly service: string;
  readonly operation: string;
  readonly body: XmlElement;
  /** The WS-Security header, if there is one. */
  readonly security: XmlElement | undefined;
}

/** @throws SoapFault `WellFormed`, or a version mismatch */
export function readRequest(text: string): SoapRequest {
  const envelope = parse(text);
  if (envelope.local !== 'Envelope' || envelope.uri !== NS.s) {
    throw new SoapFault('VersionMismatch', [], `expected a SOAP 1.2 envelope (${NS.s}), got ${envelope.local}`);
  }
  const body = child(envelope, 's:Body')?.children[0];
  if (!body) throw new SoapFault('Sender', ['WellFormed'], 'the SOAP body is empty');
  const security = child(child(envelope, 's:Header'), 'wsse:Security');
  return { service: body.uri, operation: body.local, body, security };
}

function parse(text: string): XmlElement {
  try {
    return readXml(text);
  } catch (error) {
    if (!(error instanceof WindhoverError)) throw error;
    throw new SoapFault('Sender', ['WellFormed'], errorMessage(error));
  }
}
