/**
 * Writes a patch into the text of a graph file. Only the values that change are written again: comments, order, anchors,
 * quotes and the layout of all other lines stay as they are.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  type Alias,
  type Document,
  isCollection,
  isMap,
  isNode,
  isScalar,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import { WindhoverError } from '../errors.ts';
import { Faults } from '../graph/faults.ts';
import { scalar } from '../graph/tree.ts';
import { substitute, type Variables } from '../graph/variables.ts';
import { plainValue } from '../graph/yaml.ts';
import { percentDecoded } from '../secrets.ts';

/** A deep merge (RFC 7396): mappings are merged, null removes, everything else replaces. */
export type Patch = { readonly [key: string]: unknown };

/**
 * @param text of a graph without faults
 * @param env where the patch says what a `${VAR}` of the text stands for, the variable stays
 * @throws WindhoverError `patch_failed`: there is no YAML for it
 */
export function patchText(text: string, patch: Patch, env: Env): string {
  const document = parse(text);
  const before: unknown = document.toJS(NO_LIMIT);
  const after = merged(before, patch, env);
  if (isDeepStrictEqual(before, after)) return text;
  // When the smallest edit gives something else (a tag, a comment in brackets), larger parts are replaced as a whole.
  for (let depth = depthOf(patch); depth > 0; depth--) {
    const edited = new TextEdit(text, document, depth).to(before, after);
    const result = parse(edited);
    if (result.errors.length === 0 && isDeepStrictEqual(result.toJS(NO_LIMIT), after)) return edited;
  }
  throw new WindhoverError('patch_failed', 'The patch cannot be written as YAML', { permanent: true });
}

type Env = Variables['env'];
type Mapping = Readonly<Record<string, unknown>>;

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Aliases are bounded where graphs are checked. */
const NO_LIMIT = { maxAliasCount: -1 } as const;

function parse(text: string): Document.Parsed {
  return parseDocument(text, { merge: true, prettyErrors: false, logLevel: 'silent' });
}

/** The edits of a text that turn its values into others. */
class TextEdit {
  readonly #text: string;
  readonly #document: Document;
  /** Mappings deeper than that are replaced as a whole. */
  readonly #depth: number;
  readonly #edits: Edit[] = [];
  /** Mappings with edits inside. */
  readonly #changed = new Set<Node>();

  constructor(text: string, document: Document, depth: number) {
    this.#text = text;
    this.#document = document;
    this.#depth = depth;
  }

  to(before: unknown, after: unknown): string {
    const { contents } = this.#document;
    if (isMap(contents) && isMapping(before) && isMapping(after)) this.#map(contents, before, after, 1);
    this.#freeAliases();
    const edits = this.#edits.toSorted((a, b) => b.from - a.from || b.to - a.to);
    return edits.reduce((text, edit) => text.slice(0, edit.from) + edit.text + text.slice(edit.to), this.#text);
  }

  #map(map: YAMLMap, before: Mapping, after: Mapping, depth: number): void {
    this.#changed.add(map);
    const own = new Map(map.items.map((pair) => [nameOf(pair), pair]));
    const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
    // A key that comes from `<<` is removed by writing the whole mapping.
    if (gone.some((key) => !own.has(key)) || (gone.length > 0 && gone.length === map.items.length)) {
      this.#replace(map, after);
      return;
    }
    const kept = map.items.filter((pair) => !gone.includes(nameOf(pair)));
    this.#remove(map, kept);
    const added = Object.entries(after).filter(([key]) => !own.has(key) && !isDeepStrictEqual(before[key], after[key]));
    if (added.length > 0) this.#add(map, kept.at(-1), added);
    for (const [key, pair] of own) {
      const [was, value] = [before[key], after[key]];
      if (!Object.hasOwn(after, key) || isDeepStrictEqual(was, value)) continue;
      if (isMap(pair.value) && isMapping(was) && isMapping(value) && depth < this.#depth) {
        this.#map(pair.value, was, value, depth + 1);
      } else if (isNode(pair.value)) this.#replace(pair.value, value);
    }
  }

  #replace(node: Node, value: unknown): void {
    const text = flow(value, isScalar(node) ? node.type : undefined);
    // A block, or an empty value, becomes a value on the line of its key.
    const key = this.#text.slice(0, start(node)).trimEnd();
    const isBlock = isCollection(node) && node.flow !== true;
    if (key.endsWith(':') && (isBlock || node.range?.[0] === node.range?.[1])) {
      this.#edits.push({ from: key.length, to: Math.max(key.length, this.#end(node)), text: ` ${text}` });
    } else this.#edits.push({ from: start(node), to: this.#end(node), text });
  }

  #add(map: YAMLMap, last: Pair | undefined, entries: readonly (readonly [string, unknown])[]): void {
    const pairs = entries.map(([key, value]) => `${flow(key)}: ${flow(value)}`);
    const end = last === undefined ? 0 : this.#endOf(last);
    if (last === undefined) this.#replace(map, Object.fromEntries(entries));
    else if (map.flow) {
      this.#edits.push({ from: end, to: end, text: pairs.map((pair) => `, ${pair}`).join('') });
    } else {
      const indent = this.#text.slice(this.#lineStart(start(map)), start(map)).replace(/\S/g, ' ');
      const at = this.#lineEnd(end);
      this.#edits.push({ from: at, to: at, text: pairs.map((pair) => `${this.#newline()}${indent}${pair}`).join('') });
    }
  }

  #remove(map: YAMLMap, kept: readonly Pair[]): void {
    const last = kept.at(-1);
    for (const [i, pair] of map.items.entries()) {
      if (kept.includes(pair)) continue;
      const next = map.items[i + 1];
      let [from, to] = [startOf(pair), this.#endOf(pair)];
      if (!map.flow) {
        from = this.#lineStart(from);
        to = Math.min(this.#lineEnd(to) + this.#newline().length, this.#text.length);
      } else if (last !== undefined && i > map.items.indexOf(last)) from = this.#endOf(map.items[i - 1] ?? last);
      else if (next !== undefined) to = startOf(next);
      this.#edits.push({ from, to, text: '' });
    }
  }

  /** An alias of a value that changes is replaced by the value from before. */
  #freeAliases(): void {
    const edits = [...this.#edits];
    const covers = (node: Node) => edits.some(({ from, to }) => from <= start(node) && start(node) < to);
    visit(this.#document, {
      Alias: (_key, alias: Alias) => {
        const target = alias.resolve(this.#document);
        if (target === undefined || covers(alias)) return;
        if (this.#changed.has(target) || covers(target)) this.#replace(alias, target.toJS(this.#document, NO_LIMIT));
      },
    });
  }

  #endOf(pair: Pair): number {
    const last = isNode(pair.value) ? pair.value : pair.key;
    // `key:` without a value: behind the colon.
    return isNode(last) ? this.#end(last) : 0;
  }

  #end(node: Node): number {
    const [from, to] = node.range ?? [0, 0];
    return from + this.#text.slice(from, to).trimEnd().length;
  }

  #lineStart(at: number): number {
    return this.#text.lastIndexOf('\n', at - 1) + 1;
  }

  #lineEnd(at: number): number {
    const end = this.#text.indexOf(this.#newline(), at);
    return end < 0 ? this.#text.length : end;
  }

  #newline(): string {
    return this.#text.includes('\r\n') ? '\r\n' : '\n';
  }
}

function merged(before: unknown, patch: unknown, env: Env): unknown {
  if (!isMapping(patch)) return withVariables(before, patch, env);
  const result = new Map(isMapping(before) ? Object.entries(before) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else if (value !== undefined) result.set(key, merged(result.get(key), value, env));
  }
  return Object.fromEntries(result);
}

/** The value, with the variables of the file wherever they stand for the same text. */
function withVariables(before: unknown, value: unknown, env: Env): unknown {
  if (Array.isArray(value)) {
    const old: readonly unknown[] = Array.isArray(before) ? before : [];
    return value.map((item: unknown, i) => withVariables(old[i], item, env));
  }
  if (isMapping(value)) {
    const old = isMapping(before) ? before : {};
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withVariables(old[key], item, env)]));
  }
  if (typeof before !== 'string' || !before.includes('${')) return value;
  const tree = substitute(scalar({ line: 1, column: 1 }, before), { env, used: new Map() }, new Faults(''));
  if (tree.type !== 'scalar' || tree.broken) return value;
  // In the login of a URL, what variables stand for is encoded.
  const text = tree.text ?? String(tree.value);
  return [text, percentDecoded(text)].includes(String(value)) ? before : value;
}

/** As one line, in the style of the project's own graphs. */
function flow(value: unknown, type?: Scalar.Type): string {
  if (Array.isArray(value)) return `[${value.map((item) => flow(item)).join(', ')}]`;
  if (isMapping(value)) {
    const pairs = Object.entries(value).map(([key, item]) => `${flow(key)}: ${flow(item)}`);
    return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`;
  }
  if (typeof value !== 'string') return Object.is(value, -0) ? '-0' : String(value);
  if (type === Scalar.QUOTE_SINGLE && /^[\x20-\x7e]*$/.test(value)) return `'${value.replaceAll("'", "''")}'`;
  const isPlain = /^[\w./](?:[\w ./+-]*[\w./+-])?$/.test(value) && plainValue(value) === value;
  return isPlain && type !== Scalar.QUOTE_DOUBLE ? value : JSON.stringify(value);
}

function depthOf(patch: unknown): number {
  return isMapping(patch) ? 1 + Math.max(0, ...Object.values(patch).map(depthOf)) : 0;
}

function nameOf({ key }: Pair): string {
  if (!isScalar(key)) return '';
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

function startOf({ key }: Pair): number {
  return isNode(key) ? start(key) : 0;
}

function start(node: Node): number {
  return node.range?.[0] ?? 0;
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
