/**
 * JSON by ONVIF's rules (`@` before attributes, `#text`, lists for elements that come more than once) → the tree of the XML
 * that it stands for. As large as that may be.
 */
import { errorMessage, WindhoverError } from '../../runtime/node.ts';
import type { XmlElement, XmlLimits } from '../../runtime/xml.ts';

/** @throws WindhoverError `scene_malformed`, `xml_too_large` */
export function jsonTree(text: string, { maxDepth, maxElements }: XmlLimits): XmlElement {
  let count = 0;
  const element = (name: string, value: unknown, depth: number): XmlElement => {
    if (++count > maxElements) throw tooLarge(`${maxElements} elements`);
    if (depth > maxDepth) throw tooLarge(`${maxDepth} levels`);
    const attributes = new Map<string, string>();
    const children: XmlElement[] = [];
    let inside = isScalar(value) ? String(value) : '';
    for (const [key, child] of isScalar(value) ? [] : Object.entries(Object(value))) {
      if (key === '#text') inside = String(child);
      else if (key.startsWith('@') && isScalar(child)) attributes.set(local(key.slice(1)), String(child));
      else if (!key.startsWith('@')) {
        for (const each of Array.isArray(child) ? child : [child]) children.push(element(local(key), each, depth + 1));
      }
    }
    return { uri: '', local: name, attributes, children, text: inside.trim() };
  };
  return element('', parsed(text), 0);
}

function parsed(text: string): object {
  const got = text.slice(0, 60);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch (cause) {
    throw new WindhoverError('scene_malformed', `no scene description: ${errorMessage(cause)}`, { got, cause });
  }
  throw new WindhoverError('scene_malformed', 'no scene description', { expected: 'a document or an object', got });
}

function isScalar(value: unknown): value is string | number | boolean | null {
  return value === null || typeof value !== 'object';
}

function local(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function tooLarge(most: string): WindhoverError {
  return new WindhoverError('xml_too_large', 'the JSON is too large', { expected: `at most ${most}` });
}
