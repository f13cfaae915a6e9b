/**
 * XML text → tree, for answers of cameras. Elements are found by local name: cameras get namespaces wrong more often than
 * names.
 */
import { errorMessage, WindhoverError } from '../../runtime/node.ts';
import { readXml as readTree, type XmlElement } from '../../runtime/xml.ts';

export { escapeXml, type XmlElement } from '../../runtime/xml.ts';

const LIMITS = { namespaces: false, maxDepth: 40, maxElements: 20_000 };

/** @throws WindhoverError `ptz_refused` for what is no readable XML */
export function readXml(text: string): XmlElement {
  try {
    return readTree(text, LIMITS);
  } catch (cause) {
    throw new WindhoverError('ptz_refused', 'the answer of the camera is not SOAP', {
      expected: 'an XML document',
      got: errorMessage(cause),
      hint: 'check the address and port of its ONVIF service',
      cause,
    });
  }
}

/** The first descendant along these local names. */
export function at(element: XmlElement | undefined, ...path: string[]): XmlElement | undefined {
  let found = element;
  for (const name of path) found = found?.children.find((child) => child.local === name);
  return found;
}

/** Every descendant of that local name. */
export function all(element: XmlElement | undefined, name: string): XmlElement[] {
  if (!element) return [];
  return element.children.flatMap((child) => [...(child.local === name ? [child] : []), ...all(child, name)]);
}

/** A number, or null for anything else (empty, nil, `NaN`). */
export function numberOf(text: string | undefined): number | null {
  if (text === undefined || text.trim() === '') return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}
