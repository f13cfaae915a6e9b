/**
 * XML text → tree, for messages of other programs: no document types (and so no entities of their own), and bounds on
 * depth and number of elements.
 */
import { SaxesParser } from 'saxes';
import { errorMessage, WindhoverError } from './errors.ts';

export interface XmlElement {
  /** Namespace; empty where namespaces are not looked at. */
  readonly uri: string;
  readonly local: string;
  /** By local name. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Its own text, without white space at both ends. */
  readonly text: string;
}

export interface XmlLimits {
  /** False: prefixes are left out, known or not. True: an unknown prefix is malformed. */
  readonly namespaces: boolean;
  readonly maxDepth: number;
  readonly maxElements: number;
}

interface OpenElement extends XmlElement {
  readonly children: XmlElement[];
  text: string;
}

/** @throws WindhoverError `xml_malformed`, `xml_too_large` */
export function readXml(text: string, { namespaces, maxDepth, maxElements }: XmlLimits): XmlElement {
  const parser = new SaxesParser({ xmlns: namespaces });
  const open: OpenElement[] = [];
  let root: XmlElement | null = null;
  let count = 0;
  parser.on('error', (error) => {
    throw malformed(errorMessage(error));
  });
  parser.on('doctype', () => {
    throw malformed('a document type');
  });
  parser.on('opentag', ({ name, uri = '', attributes }) => {
    if (++count > maxElements) throw tooLarge('elements', maxElements);
    if (open.length >= maxDepth) throw tooLarge('levels', maxDepth);
    const named = Object.entries(attributes).flatMap(([key, attribute]): [string, string][] =>
      key.startsWith('xmlns') ? [] : [[local(key), typeof attribute === 'string' ? attribute : attribute.value]],
    );
    open.push({ uri, local: local(name), attributes: new Map(named), children: [], text: '' });
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
  if (root === null) throw malformed('no element');
  return root;
}

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');
}

function local(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function malformed(got: string): WindhoverError {
  return new WindhoverError('xml_malformed', 'the text is not XML that can be read', { got });
}

function tooLarge(what: string, max: number): WindhoverError {
  return new WindhoverError('xml_too_large', 'the XML is too large', { expected: `at most ${max} ${what}` });
}
