/**
 * Secrets: where they are in a text, and how they are hidden. Faults, logs, views and nodes all use this file.
 *
 * People write passwords into URLs as they are, with `@`, `/`, `#` and `?` in them, so no URL parser can tell where such
 * a password ends. The rule hides too much rather than too little: a password lasts until the last `@` of the value.
 */

export const HIDDEN = '***';
/** A shorter secret is hidden only where it is a word of its own: anywhere else it would hide parts of other words. */
const MIN_LENGTH = 4;

/** True for the name of an option or query parameter that holds a secret: `password`, `access_token`, `api-key`. */
export function isSecretName(name: string): boolean {
  return /(pass(word|wd|phrase)?|pwd|secret|token|apikey|(^|[_-])(key|jwt|auth|sig|signature))$/i.test(name);
}

/** `rtsp://bob:sesame@cam` → `rtsp://bob:***@cam`; `/live?token=sesame&n=1` → `/live?token=***&n=1`. */
export function maskPasswords(value: string): string {
  let masked = '';
  let end = 0;
  for (const span of passwordSpans(value)) {
    // Where two overlap, one mask stands for both.
    if (span.start >= end) masked += value.slice(end, span.start) + HIDDEN;
    end = Math.max(end, span.end);
  }
  return masked + value.slice(end);
}

/** A URL for others: without its login, and without parameters that hold a secret or a user. Undefined: it is no URL. */
export function withoutLogin(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  [url.username, url.password] = ['', ''];
  const isPublic = (parameter: string) => {
    const name = percentDecoded(parameter.replace(/=.*$/s, ''));
    return !isSecretName(name) && !/^(user(name)?|usr|login)$/i.test(name);
  };
  const withoutSecrets = (parameters: string) => parameters.slice(1).split('&').filter(isPublic).join('&');
  [url.search, url.hash] = [withoutSecrets(url.search), withoutSecrets(url.hash)];
  return url.href;
}

/** The passwords and tokens in a URL or address, as they are written there. */
export function passwordsIn(value: string): string[] {
  return passwordSpans(value).map(({ start, end }) => value.slice(start, end));
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** `://user:PASSWORD@` or `://TOKEN@`, and `user:PASSWORD@` at the start of a value without a scheme. */
const LOGINS = [/:\/\/(?!\/)(?:[^\s:/?#@]*:)?(.*)@$/ds, /^[^\s:/?#]+:(?!\/\/)(.*)@$/ds];
const PARAMETER = /[?&#]([\w.-]+)=([^&]*)/dg;

function passwordSpans(value: string): Span[] {
  const upToLastAt = value.slice(0, value.lastIndexOf('@') + 1);
  const found = LOGINS.map((login) => login.exec(upToLastAt)?.indices?.[1]);
  for (const match of value.matchAll(PARAMETER)) {
    if (isSecretName(match[1] ?? '')) found.push(match.indices?.[2]);
  }
  return found
    .flatMap((range) => (range === undefined || range[0] === range[1] ? [] : [{ start: range[0], end: range[1] }]))
    .sort((a, b) => a.start - b.start);
}

/** A set of known secrets, and the text without them. */
export class Secrets {
  readonly #masks = new Map<string, string>();
  #pattern: RegExp | null = null;

  /** @param mask what to write instead, such as the name of the variable that it came from */
  add(secret: string, mask = HIDDEN): void {
    if (secret === '') return;
    for (const form of formsOf(secret)) if (!this.#masks.has(form)) this.#masks.set(form, mask);
    this.#pattern = null;
  }

  /** The text with every secret replaced, whether it is written as it is or encoded as in JSON, XML or a URL. */
  redact(text: string): string {
    if (this.#masks.size === 0) return text;
    // Longest first: a secret may contain another one.
    this.#pattern ??= new RegExp(
      [...this.#masks.keys()]
        .sort((a, b) => b.length - a.length)
        .map(literal)
        .join('|'),
      'g',
    );
    return text.replace(this.#pattern, (form) => this.#masks.get(form) ?? HIDDEN);
  }
}

function literal(form: string): string {
  const escaped = form.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return form.length < MIN_LENGTH ? `(?<![\\w.])${escaped}(?![\\w.])` : escaped;
}

function formsOf(secret: string): Set<string> {
  const plain = [secret, percentDecoded(secret)];
  return new Set(
    plain.flatMap((text) => [text, JSON.stringify(text).slice(1, -1), ...xmlForms(text), ...percentForms(text)]),
  );
}

/** Writers of XML differ in what they escape beyond `&` and `<`. */
function xmlForms(text: string): string[] {
  const least = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const more = least.replaceAll('>', '&gt;');
  const quotes = more.replaceAll('"', '&quot;');
  return [least, more, quotes, quotes.replaceAll("'", '&apos;'), quotes.replaceAll("'", '&#39;')];
}

function percentForms(text: string): string[] {
  const url = new URL('http://host');
  url.password = text;
  const forms = [encodeURIComponent(text.toWellFormed()), encodeURI(text.toWellFormed()), url.password];
  return forms.flatMap((form) => [form, form.replace(/%[\dA-F]{2}/g, (code) => code.toLowerCase())]);
}

/** Percent codes as characters; a lone `%` stays. */
export function percentDecoded(text: string): string {
  return text.replace(/(%[\dA-F]{2})+/gi, (codes) => Buffer.from(codes.replaceAll('%', ''), 'hex').toString());
}
