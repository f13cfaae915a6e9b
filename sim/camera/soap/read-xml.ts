/** Reads SOAP requests, which may come from anywhere: namespaces count, and sizes are bounded. */
import { WindhoverError } from '../../../runtime/errors.ts';
import { readXml as readTree, type XmlElement } from '../../../runtime/xml.ts';
import { NS, type QName } from './names.ts';

export type { XmlElement } from '../../../runtime/xml.ts';

const MAX_CHARS = 64 * 1024;
const LIMITS = { lenientRoot: null, maxDepth: 32, maxElements: 1000 };

/** @throws WindhoverError `xml_malformed`, `xml_too_large` */
export function readXml(text: string): XmlElement {
  if (text.length <= MAX_CHARS) return readTree(text, LIMITS);
  throw new WindhoverError('xml_too_large', 'the XML is too large', { expected: `at most ${MAX_CHARS} characters` });
}

/** The first child of that name. */
export function child(element: XmlElement | undefined, name: QName): XmlElement | undefined {
  const [prefix = '', local = ''] = name.split(':');
  const uri: string | undefined = prefix in NS ? NS[prefix as keyof typeof NS] : undefined;
  return element?.children.find((candidate) => candidate.local === local && candidate.uri === uri);
}
