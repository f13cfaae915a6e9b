/**
 * XML text → tree, for messages of other programs: document types are never expanded, so there are no entities of
 * their own; depth, number of elements and number of faults are bounded.
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
  /**
   * Null: only well-formed XML with known prefixes and without a document type is read. A local name: the first element
   * of that name is read, whatever stands around it and whatever is wrong inside, as long as its tags match.
   */
  readonly lenientRoot: string | null;
  readonly maxDepth: number;
  readonly maxElements: number;
}

interface OpenElement extends XmlElement {
  readonly children: XmlElement[];
  text: string;
}

/** Of a text that is read leniently. */
const MAX_FAULTS = 10_000;
/** A part of the tree may be missing: never read over. */
const BROKEN_TREE = /close tag|closing tag/;

/** @throws WindhoverError `xml_malformed`, `xml_too_large` */
export function readXml(text: string, { lenientRoot, maxDepth, maxElements }: XmlLimits): XmlElement {
  const isStrict = lenientRoot === null;
  const parser = new SaxesParser({ xmlns: isStrict });
  const open: OpenElement[] = [];
  let root: XmlElement | null = null;
  let count = 0;
  let faults = 0;
  parser.on('error', (error) => {
    if (isStrict || (open.length > 0 && BROKEN_TREE.test(error.message))) throw malformed(errorMessage(error));
    if (++faults > MAX_FAULTS) throw tooLarge('faults', MAX_FAULTS);
  });
  parser.on('doctype', () => {
    if (isStrict) throw malformed('a document type');
  });
  parser.on('opentag', ({ name, uri = '', attributes }) => {
    if (++count > maxElements) throw tooLarge('elements', maxElements);
    if (open.length >= maxDepth) throw tooLarge('levels', maxDepth);
    if (open.length === 0 && !isStrict && (root !== null || local(name) !== lenientRoot)) return;
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
  parser.write(isStrict ? text : mended(text)).close();
  // Only the end of the last tag of all is cut off.
  const [last] = open;
  if (root === null && last && open.length === 1) root = last;
  if (root === null)
    throw malformed(open.length > 0 ? 'an end in the middle' : `no element ${lenientRoot ?? ''}`.trim());
  return root;
}

/** Without what is around the elements; a `&` that begins nothing (other than in CDATA, where none does) as text. */
function mended(text: string): string {
  const inside = text.slice(Math.max(0, text.indexOf('<')), text.lastIndexOf('>') + 1);
  const rawAmpersand = /<!\[CDATA\[[\s\S]*?(?:\]\]>|$)|&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-fA-F]{1,6});)/g;
  let faults = 0;
  return inside.replace(rawAmpersand, (found) => {
    if (found !== '&') return found;
    if (++faults > MAX_FAULTS) throw tooLarge('faults', MAX_FAULTS);
    return '&amp;';
  });
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
