/**
 * `${NAME}` and `${NAME:-default}` in the texts of a graph. `$${` is a literal `${`.
 *
 * A scalar that is nothing but one unquoted variable is read again as YAML, so `port: ${PORT:-80}` is a number; quoted,
 * or with text around, it stays a text.
 */
import { codePoint, controlCharacter } from '../text.ts';
import { type Faults, joinPath } from './faults.ts';
import { type Entry, type ScalarTree, shown, type Tree } from './tree.ts';
import { plainValue } from './yaml.ts';

export interface Variables {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Filled while substituting: what the graph took from the environment. */
  readonly used: Map<string, string>;
}

/**
 * A copy of `tree` with all variables put in. Faults: names that are not set, `${` that is not well formed, control
 * characters, wherever they come from.
 */
export function substitute(tree: Tree, variables: Variables, faults: Faults, path = ''): Tree {
  if (tree.type === 'scalar') return checkCharacters(substituteScalar(tree, variables, faults, path), faults, path);
  if (tree.type === 'list') {
    return { ...tree, items: tree.items.map((item, i) => substitute(item, variables, faults, joinPath(path, i))) };
  }
  const entries = new Map<string, Entry>();
  for (const [name, entry] of tree.entries) {
    const character = name[controlCharacter(name)];
    if (character !== undefined) {
      faults.add(
        entry.key,
        joinPath(path, name),
        'yaml',
        `the key holds the control character ${codePoint(character)}`,
      );
    }
    entries.set(name, { ...entry, value: substitute(entry.value, variables, faults, joinPath(path, name)) });
  }
  return { ...tree, entries };
}

function substituteScalar(tree: ScalarTree, variables: Variables, faults: Faults, path: string): ScalarTree {
  if (typeof tree.value !== 'string' || !tree.value.includes('${')) return tree;
  const names = new Set<string>();
  let broken = false;
  const refuse = (message: string): string => {
    faults.add(tree.at, path, 'variable', message);
    broken = true;
    return '';
  };
  const loginEndsAt = loginEnd(tree.value);
  const isOneVariable = /^[^$]*:\/\/\$\{[^}]*\}@/.test(tree.value);
  const replace = (_match: string, body: string | undefined, close: string | undefined, at: number): string => {
    if (body === undefined) return '${';
    const parts = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/.exec(body);
    const name = parts?.[1];
    if (close === undefined) return refuse(`a \${ has no closing }`);
    if (name === undefined) return refuse(`not a variable between \${ and }; write \${NAME} or \${NAME:-default}`);
    const value = Object.hasOwn(variables.env, name) ? variables.env[name] : undefined;
    const fallback = parts?.[2];
    if (fallback?.includes('${')) return refuse(`the default of \${${name}} must not hold another variable`);
    // As in a shell: `:-` also stands in for a variable that is set but empty.
    if (value === undefined || (value === '' && fallback !== undefined)) {
      return fallback ?? refuse(`the environment variable ${name} is not set`);
    }
    names.add(name);
    variables.used.set(name, value);
    return at < loginEndsAt ? encodedForLogin(value, isOneVariable) : value;
  };
  const text = tree.value.replace(/\$\$\{|\$\{([^}]*)(\})?/g, replace);
  const used = { variables: [...names], broken };
  if (broken || !tree.plain || !/^\$\{[^}]*\}$/.test(tree.value)) return { ...tree, ...used, value: text };
  return { ...tree, ...used, value: plainValue(text), text };
}

function checkCharacters(tree: ScalarTree, faults: Faults, path: string): ScalarTree {
  const text = tree.text ?? String(tree.value);
  const character = text[controlCharacter(text)];
  if (character === undefined) return tree;
  const from = tree.variables.length > 0 ? `: ${shown(tree)}` : '';
  const hint =
    from === '' && !tree.plain ? ' (in double quotes, a backslash begins such a character; use single quotes)' : '';
  faults.add(tree.at, path, 'yaml', `holds the control character ${codePoint(character)}${from}${hint}`);
  return { ...tree, broken: true };
}

/** Where the login of a URL ends, in a text with variables; -1 when it has none. */
function loginEnd(text: string): number {
  const login = /^[a-z][a-z0-9+.-]*:\/\/(?:\$\{[^}]*\}|[^/?#@])*@/i.exec(text)?.[0];
  return login?.length ?? -1;
}

/**
 * As it must be written in the login of a URL. What can stand there as it is, perhaps encoded already, is left alone.
 * @param isAll the variable holds name and password
 */
function encodedForLogin(value: string, isAll: boolean): string {
  const colon = isAll ? value.indexOf(':') : -1;
  if (colon >= 0) {
    return `${encodedForLogin(value.slice(0, colon), false)}:${encodedForLogin(value.slice(colon + 1), false)}`;
  }
  const isFit = /^(?:[^\s/?#@:%[\]]|%[\da-f]{2})*$/i.test(value);
  return isFit ? value : encodeURIComponent(value);
}
