/** The text of a graph for others: passwords that are written in it are hidden, and `${VAR}` stays. */
import { isScalar, LineCounter, parseDocument, type Scalar, visit } from 'yaml';
import type { TextPlace } from '../graph/faults.ts';
import { isBounded } from '../graph/yaml.ts';
import { HIDDEN, isSecretName, passwordsIn, Secrets } from '../secrets.ts';

/** @param env what variables with the name of a secret stand for is hidden, too, should the text hold it */
export function publicText(text: string, env: Readonly<Record<string, string | undefined>>): string {
  const scalars = scalarsOf(text);
  const secrets = new Secrets();
  for (const { key, value } of scalars) {
    for (const [, name = ''] of value.matchAll(VARIABLE)) if (isSecretName(name)) secrets.add(env[name] ?? '');
    for (const secret of isSecretName(key) ? [value] : passwordsIn(value)) {
      if (secret.replaceAll(VARIABLE, '') !== '') secrets.add(secret);
    }
  }
  const edits = scalars.flatMap(({ value, from, to, isBlock }) => {
    const shown = secrets.redact(value);
    return shown === value ? [] : [{ from, to, text: JSON.stringify(shown) + (isBlock ? '\n' : '') }];
  });
  const edited = edits.reduceRight((rest, edit) => rest.slice(0, edit.from) + edit.text + rest.slice(edit.to), text);
  // Comments, and what a text with faults consists of.
  return secrets.redact(edited);
}

/** Where a text has a hidden password in the place of a real one; null: nowhere, or it is no text of a graph. */
export function hiddenPlace(text: string): TextPlace | null {
  if (!isBounded(text)) return null;
  const lines = new LineCounter();
  const hidden = scalarsOf(text, lines).find(({ value }) => value.includes(HIDDEN));
  if (hidden === undefined) return null;
  const { line, col } = lines.linePos(hidden.from);
  return { line, column: col };
}

const VARIABLE = /\$\{(\w+)[^}]*\}/g;

interface Found {
  /** Of the mapping that it is a value of; empty: it is none. */
  readonly key: string;
  readonly value: string;
  readonly from: number;
  readonly to: number;
  readonly isBlock: boolean;
}

/** In the order of the text. */
function scalarsOf(text: string, lineCounter = new LineCounter()): Found[] {
  const document = parseDocument(text, { merge: true, prettyErrors: false, logLevel: 'silent', lineCounter });
  const found: Found[] = [];
  visit(document, {
    Scalar: (position, scalar: Scalar, path) => {
      const [from, to] = scalar.range ?? [0, 0];
      const pair = path.at(-1);
      const key = position === 'value' && pair && 'key' in pair && isScalar(pair.key) ? String(pair.key.value) : '';
      const isBlock = scalar.type === 'BLOCK_FOLDED' || scalar.type === 'BLOCK_LITERAL';
      if (to > from) found.push({ key, value: String(scalar.value), from, to, isBlock });
    },
  });
  return found.toSorted((a, b) => a.from - b.from);
}
