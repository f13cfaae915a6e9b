/**
 * XML text → tree, for answers of cameras. Elements are found by local name: cameras get namespaces wrong more often than
 * names. No document types, and bounds on size, depth and number of elements.
 */
import { SaxesParser } from 'saxes';
import { WindhoverError } from '../../runtime/node.ts';

export interface XmlElement {
  readonly local: string;
  /** By local name. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Its own text, white space at both ends taken off. */
  readonly text: string;
}

interface Open extends XmlElement {
  readonly children: XmlElement[];
  text: string;
}

const MAX_DEPTH = 40;
const MAX_ELEMENTS = 20_000;

/** @throws WindhoverError `ptz_refused` for what is no readable XML */
export function readXml(text: string): XmlElement {
  const parser = new SaxesParser({ xmlns: false });
  const open: Open[] = [];
  let root: XmlElement | null = null;
  let count = 0;
  parser.on('error', (cause) => {
    throw unreadable(cause.message, cause);
  });
  parser.on('doctype', () => {
    throw unreadable('a document type');
  });
  parser.on('opentag', ({ name, attributes }) => {
    if (++count > MAX_ELEMENTS || open.length >= MAX_DEPTH) throw unreadable('too many elements or levels');
    const named = new Map(Object.entries(attributes).map(([key, value]) => [local(key), value]));
    open.push({ local: local(name), attributes: named, children: [], text: '' });
  });
  const addText = (part: string): void => {
    const element = open.at(-1);
    if (element) element.text += part;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const closed = open.pop();
    if (!closed) return;
    const element = { ...closed, text: closed.text.trim() };
    const parent = open.at(-1);
    if (parent) parent.children.push(element);
    else root = element;
  });
  parser.write(text).close();
  if (root === null) throw unreadable('nothing');
  return root;
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

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function local(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function unreadable(got: string, cause?: unknown): WindhoverError {
  return new WindhoverError('ptz_refused', 'the answer of the camera is not SOAP', {
    expected: 'an XML document',
    got,
    hint: 'check the address and port of its ONVIF service',
    cause,
  });
}
