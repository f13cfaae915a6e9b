/** What is read of a camera's XML. Elements are found by local name: cameras get namespaces wrong more often than names. */
import type { XmlElement } from '../../runtime/xml.ts';

export { escapeXml, type XmlElement } from '../../runtime/xml.ts';

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

/** Null: it has none. */
export function tokenOf(element: XmlElement): string | null {
  return element.attributes.get('token') || null;
}

/** A number, also one with a decimal comma; null for anything else (empty, nil, `NaN`). */
export function numberOf(text: string | undefined): number | null {
  const plain = text?.trim().replace(',', '.') ?? '';
  if (!/^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(plain)) return null;
  const value = Number(plain);
  return Number.isFinite(value) ? value : null;
}

/** xs:duration (`PT1.5S`, `P0Y0M0DT0H0M2.000S`) in ms, with years of 365 days and months of 30; null for anything else. */
export function durationMsOf(text: string | undefined): number | null {
  const part = (letter: string) => `(?:(\\d{1,9}(?:[.,]\\d{1,9})?)${letter})?`;
  const form = `^P(?=\\d|T\\d)${['Y', 'M', 'D'].map(part).join('')}(?:T(?=\\d)${['H', 'M', 'S'].map(part).join('')})?$`;
  const match = new RegExp(form).exec(text?.trim() ?? '');
  if (!match) return null;
  const unitsS = [365 * 86_400, 30 * 86_400, 86_400, 3600, 60, 1];
  return unitsS.reduce((sumMs, unitS, index) => sumMs + (numberOf(match[index + 1]) ?? 0) * unitS * 1000, 0);
}
