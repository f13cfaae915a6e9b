/** Texts from elsewhere that are shown: not too long, and nothing in them that acts on a terminal. */

/** The text, or as much of it as fits. */
export function cut(text: string, mostChars: number): string {
  return text.length > mostChars ? `${text.slice(0, mostChars - 1)}…` : text;
}

/** The text in one line, with control characters and others that hide or turn round text as `U+001B`. */
export function printable(text: string): string {
  const shown = (character: string) => codePoint(character);
  return text
    .replace(/\s*[\r\n]+\s*/g, ' ')
    .replaceAll(CONTROL, shown)
    .replaceAll(HIDING, shown);
}

/** Some are invisible, some act on the terminal that shows them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]/g;

/** Line and paragraph separators, characters without a width or that change the direction of writing, half characters. */
const HIDING =
  /[\u0085\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Where the first control character is; -1: there is none. */
export function controlCharacter(text: string): number {
  return text.search(CONTROL);
}

/** `U+000B` */
export function codePoint(character: string): string {
  return `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}
