/** Checks that nodes declare the same under one name: topics, board topics, own kinds of links, metrics. */
import { topics } from '../../schemas/topics.ts';
import { LINK_KINDS } from '../data.ts';
import { type Metric, shownAs } from '../metrics.ts';
import type { PortKind } from '../node.ts';
import { NODE_METRICS } from '../node-metrics.ts';
import type { Faults } from './faults.ts';
import type { LinkingNode } from './links.ts';

/** Clients ask for topics by name, in a list and in a path. */
const TOPIC_NAME = /^[a-z][a-z0-9_]*$/;

/** Faults: what a node declares otherwise than one before it, and unknown kinds of links. */
export function checkDeclarations(nodes: readonly LinkingNode[], faults: Faults): void {
  const first = new Map<string, { readonly node: string; readonly text: string }>();
  for (const metric of Object.values(NODE_METRICS)) {
    first.set(`the metric ${shownAs(metric).name}`, { node: 'the runtime', text: JSON.stringify(familyOf(metric)) });
  }
  for (const [name, topic] of Object.entries(topics)) {
    first.set(`the topic ${name}`, { node: 'the wire contract', text: JSON.stringify({ ...topic, doc: '' }) });
  }
  /** Of the wire's topics: their ids and states are those of one node. */
  const publishers = new Map<string, string>();
  for (const { outline, contract } of nodes) {
    const fault = (message: string) => faults.add(outline.at, outline.path, 'declaration', message);
    const declare = (what: string, declared: object) => {
      const text = JSON.stringify(declared);
      const earlier = first.get(what);
      if (!earlier) first.set(what, { node: outline.id, text });
      else if (earlier.text !== text)
        fault(`declares ${what} otherwise than ${earlier.node}; declare it once and import it`);
    };
    const shared = Object.keys(contract?.topics ?? {}).find((name) => publishers.has(name));
    if (shared) fault(`publishes the topic ${shared}, as ${publishers.get(shared)} does; one node of a graph does`);
    for (const [name, topic] of Object.entries(contract?.topics ?? {})) {
      if (Object.hasOwn(topics, name)) publishers.set(name, outline.id);
      if (TOPIC_NAME.test(name)) declare(`the topic ${name}`, { ...topic, doc: '' });
      else fault(`the topic ${JSON.stringify(name)}: its name must be of small letters, digits and _, a letter first`);
    }
    const { posts = [], watches = [] } = contract?.board ?? {};
    for (const { name, keep, schema } of [...posts, ...watches]) declare(`the board topic ${name}`, { keep, schema });
    for (const port of portsOf(contract)) {
      const wrong = wrongKind(port);
      if (wrong) fault(wrong);
      else if (port.schema) declare(`the kind of link ${port.kind}`, port.schema);
    }
    for (const [name, metric] of Object.entries(contract?.metrics ?? {})) {
      const wrong = wrongMetric(metric);
      if (wrong) fault(`the metric ${name} ${wrong}`);
      declare(`the metric ${shownAs(metric).name}`, familyOf(metric));
    }
    const unjoinable = Object.values(contract?.inputs ?? {}).find(({ kind }) => kind === 'packet' || kind === 'frame');
    if (contract?.join && unjoinable) fault(`join: 'frame' takes messages, not the kind of link ${unjoinable.kind}`);
  }
}

function wrongKind({ kind, schema }: PortKind): string | null {
  const isBuiltin = LINK_KINDS.some((builtin) => builtin === kind);
  if (isBuiltin === (schema === undefined)) return null;
  if (isBuiltin) return `${kind} is a built-in kind of link: it takes no schema`;
  return `the kind of link ${kind} is not built in: give its port the schema of its values`;
}

/** What metrics of one name have in common. */
function familyOf({ kind, buckets, labels = {}, wordLabel }: Metric): object {
  return { kind, buckets, labels: [...Object.keys(labels), ...(wordLabel ? [wordLabel] : [])].toSorted() };
}

/** Labels that the runtime gives. */
const OWN_LABELS = ['camera', 'node', 'le'];

function wrongMetric({ kind, buckets, labels = {}, wordLabel }: Metric): string | null {
  if ((kind === 'histogram') !== (buckets !== undefined)) return 'has buckets, or is a histogram, without the other';
  if (buckets?.some((bound, i) => bound <= (buckets[i - 1] ?? Number.NEGATIVE_INFINITY)))
    return 'has buckets that fall';
  if (wordLabel !== undefined && kind !== 'gauge') return 'has a wordLabel but is no gauge';
  const taken = [...Object.keys(labels), wordLabel].find((label) => OWN_LABELS.includes(label ?? ''));
  return taken === undefined ? null : `has the label ${taken}, which the runtime gives`;
}

function portsOf(contract: LinkingNode['contract']): PortKind[] {
  return contract === null ? [] : [...Object.values(contract.inputs), ...Object.values(contract.outputs)];
}
