/**
 * YAML text → located tree. Reports every syntax fault, duplicate keys, unknown tags, and documents that would grow
 * out of bounds (aliases, depth).
 */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Pair,
  parseDocument,
  type YAMLMap,
  Scalar as YamlScalar,
} from 'yaml';
import { errorMessage } from '../errors.ts';
import { codePoint, controlCharacter } from '../text.ts';
import { type Faults, joinPath, type TextPlace } from './faults.ts';
import { type Entry, type MapTree, type Scalar, scalar, type Tree } from './tree.ts';

/** Uses of aliases in one document; each is expanded, and an alias of aliases would multiply them. */
const MAX_ALIASES = 100;
const MAX_DEPTH = 40;
const MAX_VALUES = 20_000;
/** Words, signs and spaces. */
const MAX_TOKENS = 50_000;
const MAX_IN_BRACKETS = 10_000;
/** One mistake can cause hundreds of syntax errors; the first ones are enough. */
const MAX_SYNTAX_FAULTS = 20;

/**
 * @param placeOf where an offset of `text` is for the reader; given for text that is not a file's
 * @returns the tree, or null when the text is empty or its syntax is broken (faults say so)
 */
export function parseTree(text: string, faults: Faults, placeOf?: (offset: number) => TextPlace): Tree | null {
  const lines = new LineCounter();
  const place =
    placeOf ??
    ((offset: number) => {
      const { line, col } = lines.linePos(offset);
      return { line: Math.max(1, line), column: Math.max(1, col) };
    });
  const unreadable = unallowed(text) ?? tooMuch(text);
  if (unreadable !== null) {
    const { at, message } = unreadable;
    // The parser tells the counter of the lines, and it has not run.
    for (let start = 0; start <= at; start = text.indexOf('\n', start) + 1 || text.length + 1) lines.addNewLine(start);
    faults.add(place(at), '', 'yaml', message);
    return null;
  }
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { uniqueKeys: false, prettyErrors: false, lineCounter: lines, logLevel: 'error' });
  } catch (error) {
    // The parser recurses: text nested thousands deep overflows its stack.
    faults.add(place(0), '', 'yaml', `can't be read as YAML: ${errorMessage(error)}`);
    return null;
  }
  const problems = [...document.errors, ...document.warnings].filter((problem, i, all) => {
    // After the first unexpected token, each following token is one more error.
    return problem.code !== 'UNEXPECTED_TOKEN' || all.findIndex(({ code }) => code === problem.code) === i;
  });
  for (const problem of problems.slice(0, MAX_SYNTAX_FAULTS)) {
    if (problem.code === 'MULTIPLE_DOCS') {
      faults.add(place(problem.pos[0]), '', 'yaml', 'a second document begins here; a file holds one');
      continue;
    }
    // After a colon some messages quote the text, which may be a password.
    const message = problem.message.replace(/(?<=\S): .*$/s, '');
    faults.add(place(problem.pos[0]), '', 'yaml', message + hint(text, problem.pos[0], message));
  }
  if (problems.length > 0 || document.contents === null) return null;
  return new Converter(document, faults, place).tree(document.contents, '', 0);
}

/** May a parser be given the text? Of one that is not, `parseTree` says why. */
export function isBounded(text: string): boolean {
  return unallowed(text) === null && tooMuch(text) === null;
}

interface Unreadable {
  readonly at: number;
  readonly message: string;
}

/** YAML allows no control character. */
function unallowed(text: string): Unreadable | null {
  // A byte order mark may begin a file.
  const at = controlCharacter(text.replace(/^\ufeff/, ' '));
  return at < 0 ? null : { at, message: `the control character ${codePoint(text[at] ?? '')} is not allowed` };
}

/**
 * Where values nest too deep, or the text holds too much, or null. Asked before parsing: the time that the parser takes
 * grows with the square of what is open or out of place, and a file of nothing else would keep it busy for minutes.
 */
function tooMuch(text: string): Unreadable | null {
  let [brackets, dashes, inBrackets, tokens, at] = [0, 0, 0, 0, 0];
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') brackets++;
    if (token === ']' || token === '}') brackets--;
    if (token === '-' || token === '?') dashes++;
    if (token.endsWith('\n')) dashes = 0;
    if (brackets + dashes > MAX_DEPTH) return { at, message: `values are nested more than ${MAX_DEPTH} deep` };
    inBrackets = brackets > 0 ? inBrackets + 1 : 0;
    if (++tokens > MAX_TOKENS || inBrackets > MAX_IN_BRACKETS)
      return { at, message: 'the text is too long from here on' };
    // Marks of the lexer's own, which are not in the text.
    if (token !== '\u0002' && token !== '\u0018' && token !== '\u001f') at += token.length;
  }
  return null;
}

const SCHEMA = parseDocument('').schema;

/** What an unquoted scalar of this text is in YAML: a number, true, false, nothing, or the text itself. */
export function plainValue(text: string): Scalar {
  // A quoted value can't be told from a plain one here, so the text is never parsed as a document: `#` stays text.
  for (const tag of SCHEMA.tags) {
    if (tag.collection !== undefined || tag.default !== true || !('test' in tag) || !tag.test?.test(text)) continue;
    const value: unknown = tag.resolve(text, () => undefined, { keepSourceTokens: false });
    const plain: unknown = isScalar(value) ? value.value : value;
    if (isScalarValue(plain)) return plain;
  }
  return text;
}

class Converter {
  #aliases = 0;
  #values = 0;

  constructor(
    readonly document: Document.Parsed,
    readonly faults: Faults,
    readonly place: (offset: number) => TextPlace,
  ) {}

  tree(node: unknown, path: string, depth: number, fallback: number | undefined = 0): Tree {
    const at = this.at(node, fallback);
    this.#values++;
    if (depth > MAX_DEPTH) return this.refuse(at, '', `values are nested more than ${MAX_DEPTH} deep`);
    if (this.#values > MAX_VALUES) return this.refuse(at, '', `holds more than ${MAX_VALUES} values`);
    if (isAlias(node)) return this.alias(node, at, path, depth);
    if (isMap(node)) return this.map(node, at, path, depth);
    if (isSeq(node)) {
      const items = node.items.map((item, i) =>
        this.tree(item, joinPath(path, i), depth + 1, offset(node) ?? fallback),
      );
      return { type: 'list', at, items };
    }
    if (!isScalar(node)) return scalar(at, null);
    if (!isScalarValue(node.value)) return this.refuse(at, path, 'must be a text, a number, true, false or nothing');
    return scalar(at, node.value, node.type === YamlScalar.PLAIN && node.tag === undefined);
  }

  private map(node: YAMLMap, at: TextPlace, path: string, depth: number): MapTree {
    const entries = new Map<string, Entry>();
    const merged: Tree[] = [];
    for (const pair of node.items) {
      const key = this.key(pair, node, path);
      if (key === null) continue;
      const value = this.tree(pair.value, joinPath(path, key.name), depth + 1, offset(pair.key));
      const first = entries.get(key.name);
      if (key.merge) merged.push(value);
      else if (first === undefined) entries.set(key.name, { key: key.at, value });
      else {
        const where = first.key.set === undefined ? `; first on line ${first.key.line}` : '';
        this.faults.add(key.at, joinPath(path, key.name), 'duplicate', `is given twice${where}`);
      }
    }
    for (const tree of merged) this.merge(tree, entries, path);
    return { type: 'map', at, entries };
  }

  private key(pair: Pair, map: YAMLMap, path: string): { name: string; at: TextPlace; merge: boolean } | null {
    const at = this.at(pair.key, offset(map));
    const key = pair.key;
    if (isScalar(key) && isScalarValue(key.value) && key.value !== null) {
      const name = typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
      return { name, at, merge: name === '<<' && key.type === YamlScalar.PLAIN };
    }
    this.faults.add(at, path, 'yaml', 'has a key that is not a text');
    return null;
  }

  /** `<<`: what the map itself says wins, then the first of the merged maps. */
  private merge(tree: Tree, entries: Map<string, Entry>, path: string): void {
    if (tree.type === 'scalar' && tree.broken) return;
    if (tree.type === 'list') {
      for (const item of tree.items) this.merge(item, entries, path);
    } else if (tree.type === 'map') {
      for (const [name, entry] of tree.entries) if (!entries.has(name)) entries.set(name, entry);
    } else {
      this.faults.add(tree.at, joinPath(path, '<<'), 'yaml', '<< must name a mapping or a list of mappings');
    }
  }

  private alias(alias: Alias, at: TextPlace, path: string, depth: number): Tree {
    if (++this.#aliases > MAX_ALIASES) return this.refuse(at, '', `uses aliases more than ${MAX_ALIASES} times`);
    const target = alias.resolve(this.document);
    if (target === undefined) return this.refuse(at, path, 'there is no anchor of that name before this alias');
    return this.tree(target, path, depth + 1);
  }

  private refuse(at: TextPlace, path: string, message: string): Tree {
    this.faults.add(at, path, 'yaml', message);
    return { ...scalar(at, null), broken: true };
  }

  private at(node: unknown, fallback: number | undefined): TextPlace {
    return this.place(offset(node) ?? fallback ?? 0);
  }
}

function offset(node: unknown): number | undefined {
  const ranged = isAlias(node) || isScalar(node) || isMap(node) || isSeq(node);
  return ranged ? node.range?.[0] : undefined;
}

function isScalarValue(value: unknown): value is Scalar {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** A frequent mistake with a poor YAML message: `{ port: ${PORT} }`, where the inner brace opens a mapping. */
function hint(text: string, at: number, message: string): string {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const end = text.indexOf('\n', at);
  // Bounded: the time of the search grows with the square of the length.
  const line = text.slice(start, Math.min(end < 0 ? text.length : end, start + 500));
  if (/[{,[].*[:,[]\s*\$\{/.test(line)) return ' (inside { } and [ ], a variable must be in quotes)';
  return message.startsWith('Tabs') ? ' (use spaces)' : '';
}
