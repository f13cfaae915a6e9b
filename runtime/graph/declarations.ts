/** What several nodes of a graph declare under one name (board topics, kinds of links of their own) is the same. */
import { LINK_KINDS } from '../data.ts';
import type { PortKind } from '../node.ts';
import type { Faults } from './faults.ts';
import type { LinkingNode } from './links.ts';

/** Faults: what a node declares otherwise than one before it, and kinds of links that nobody knows. */
export function checkDeclarations(nodes: readonly LinkingNode[], faults: Faults): void {
  const first = new Map<string, { readonly node: string; readonly text: string }>();
  for (const { outline, contract } of nodes) {
    const fault = (message: string) => faults.add(outline.at, outline.path, 'declaration', message);
    const declare = (what: string, declared: object) => {
      const text = JSON.stringify(declared);
      const earlier = first.get(what);
      if (!earlier) first.set(what, { node: outline.id, text });
      else if (earlier.text !== text)
        fault(`declares ${what} otherwise than ${earlier.node}; declare it once and import it`);
    };
    const { posts = [], watches = [] } = contract?.board ?? {};
    for (const { name, keep, schema } of [...posts, ...watches]) declare(`the board topic ${name}`, { keep, schema });
    for (const { kind, schema } of portsOf(contract)) {
      const isBuiltin = LINK_KINDS.some((builtin) => builtin === kind);
      if (isBuiltin === (schema !== undefined))
        fault(
          isBuiltin
            ? `${kind} is a built-in kind of link: it takes no schema`
            : `the kind of link ${kind} is not built in: give its port the schema of its values`,
        );
      else if (schema) declare(`the kind of link ${kind}`, schema);
    }
  }
}

function portsOf(contract: LinkingNode['contract']): PortKind[] {
  return contract === null ? [] : [...Object.values(contract.inputs), ...Object.values(contract.outputs)];
}
