/**
 * XML text → tree, with namespaces resolved. For requests from anywhere: no document types (and so no entities of its
 * own making), and bounds on size, depth and number of elements.
 */
import { SaxesParser } from 'saxes';
import { errorMessage, WindhoverError } from '../../../runtime/errors.ts';
import { NS, type QName } from './names.ts';

export interface XmlElement {
  readonly uri: string;
  readonly local: string;
  /** Attributes without a namespace, by name. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Its own text, white space at both ends taken off. */
  readonly text: string;
}

interface Open {
  readonly uri: string;
  readonly local: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

const MAX_CHARS = 64 * 1024;
const MAX_DEPTH = 32;
const MAX_ELEMENTS = 1000;

/** @throws WindhoverError `xml_malformed`, `xml_too_large` */
export function readXml(text: string): XmlElement {
  if (text.length > MAX_CHARS) throw tooLarge('characters', MAX_CHARS);
  const parser = new SaxesParser({ xmlns: true });
  const open: Open[] = [];
  let root: XmlElement | null = null;
  let count = 0;
  parser.on('error', (error) => {
    throw malformed(errorMessage(error));
  });
  parser.on('doctype', () => {
    throw malformed('a document type is not allowed');
  });
  parser.on('opentag', ({ uri, local, attributes }) => {
    if (++count > MAX_ELEMENTS) throw tooLarge('elements', MAX_ELEMENTS);
    if (open.length >= MAX_DEPTH) throw tooLarge('levels', MAX_DEPTH);
    const plain = Object.values(attributes).filter((attribute) => attribute.prefix === '');
    const named = new Map(plain.map((attribute) => [attribute.local, attribute.value]));
    open.push({ uri, local, attributes: named, children: [], text: '' });
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
  if (root === null) throw malformed('there is no element');
  return root;
}

/** The first child of that name. */
export function child(element: XmlElement | undefined, name: QName): XmlElement | undefined {
  const [prefix = '', local = ''] = name.split(':');
  const uri: string | undefined = prefix in NS ? NS[prefix as keyof typeof NS] : undefined;
  return element?.children.find((candidate) => candidate.local === local && candidate.uri === uri);
}

function malformed(got: string): WindhoverError {
  return new WindhoverError('xml_malformed', 'the request is not XML that can be read', { got });
}

function tooLarge(what: string, max: number): WindhoverError {
  return new WindhoverError('xml_too_large', 'the request is too large', { expected: `at most ${max} ${what}` });
}
