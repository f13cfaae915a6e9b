/** XML from nested calls: `el('tt:Zoom', { x: 0.5 })`. Text and attributes are escaped; nothing else makes markup. */
import { escapeXml } from '../../../runtime/xml.ts';
import { NS, type Prefix, type QName } from './names.ts';

/** A piece of XML that is complete in itself. */
export class Xml {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Value = string | number | boolean;
export type Content = Xml | Value | null | readonly Content[];
type Attributes = Readonly<Record<string, Value | undefined>>;

/** An element. Content null is left out; attributes that are undefined too. */
export function el(name: QName, ...parts: readonly (Content | Attributes)[]): Xml {
  const [first, ...rest] = parts;
  const attributes = isAttributes(first) ? first : {};
  const content = (isAttributes(first) ? rest : parts).map((part) => (isAttributes(part) ? '' : write(part))).join('');
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : ` ${key}="${escapeXml(toText(value))}"`,
  );
  return new Xml(`<${name}${written.join('')}${content === '' ? '/>' : `>${content}</${name}>`}`);
}

/** Elements that hold a value each, by local name. */
export function leaves(prefix: Prefix, values: Readonly<Record<string, Value>>): Xml[] {
  return Object.entries(values).map(([name, value]) => el(`${prefix}:${name}`, value));
}

/** A SOAP 1.2 message; every known prefix is declared. */
export function envelope(body: Xml, header: Content = null): string {
  const declared = Object.entries(NS).map(([prefix, uri]) => `xmlns:${prefix}="${uri}"`);
  const inside = [header === null ? null : el('s:Header', header), el('s:Body', body)];
  return `<?xml version="1.0" encoding="UTF-8"?>\n<s:Envelope ${declared.join(' ')}>${write(inside)}</s:Envelope>`;
}

function write(content: Content): string {
  if (content === null) return '';
  if (content instanceof Xml) return content.text;
  if (typeof content === 'object') return content.map(write).join('');
  return escapeXml(toText(content));
}

/** Numbers without exponents and with at most six decimals: common clients read no other. */
function toText(value: Value): string {
  if (typeof value !== 'number' || Number.isInteger(value)) return String(value);
  return value
    .toFixed(6)
    .replace(/\.?0+$/, '')
    .replace(/^-0$/, '0');
}

function isAttributes(part: Content | Attributes | undefined): part is Attributes {
  return typeof part === 'object' && part !== null && !(part instanceof Xml) && !Array.isArray(part);
}
