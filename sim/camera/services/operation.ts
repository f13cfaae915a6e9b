import type { XmlElement } from '../soap/read-xml.ts';
import type { Content } from '../soap/write-xml.ts';

/** One operation of a service. */
export interface Operation {
  /** `open`: without a login (access class PRE_AUTH of ONVIF Core); `login`: only with a login. */
  readonly access: 'open' | 'login';
  /**
   * @param body the element of the operation, with its arguments
   * @param origin `http://host:port`, as the client called the camera
   * @returns what is in the element of the response
   * @throws SoapFault when it is refused
   */
  readonly run: (body: XmlElement, origin: string) => Content;
}

/** The operations of a service, by name. */
export type Service = Readonly<Record<string, Operation>>;

export function open(run: Operation['run']): Operation {
  return { access: 'open', run };
}

export function login(run: Operation['run']): Operation {
  return { access: 'login', run };
}
