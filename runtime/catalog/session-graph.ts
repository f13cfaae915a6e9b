import { type Topics, topics } from '../../schemas/topics.ts';
import { type CheckedGraph, liveOptions, siteOf, viewUrl } from '../graph/graph.ts';
import { planGraph } from '../graph/plan.ts';
import { NODE_METRICS } from '../node-metrics.ts';
import type { SessionGraph } from '../session/changes.ts';

/** A checked graph as a session runs it. */
export function sessionGraph(graph: CheckedGraph): SessionGraph {
  const { workers, rings } = planGraph(graph);
  const nodes = graph.nodes.map(({ id, use, params, links, contract }) => {
    const requests = Object.keys(contract.requests ?? {});
    const { stateless = false, hangsAfterS } = contract;
    const own = { live: liveOptions(contract), stateless, requests, ...(hangsAfterS ? { hangsAfterS } : {}) };
    return { id, use, params: { ...params }, ...own, links };
  });
  const ofNodes: Topics = Object.assign({}, ...graph.nodes.map(({ contract }) => contract.topics));
  const places = graph.nodes.map(({ id, line, column }) => [id, `${graph.file}:${line}:${column}`] as const);
  const metrics = graph.nodes.map(({ id, contract }) => [id, { ...NODE_METRICS, ...contract.metrics }] as const);
  const engine = { pace: graph.pace, nodes, workers, rings };
  return {
    file: graph.file,
    camera: graph.camera,
    viewUrl: viewUrl(graph),
    site: siteOf(graph),
    engine,
    places: new Map(places),
    topics: { ...topics, ...ofNodes },
    published: Object.keys(ofNodes),
    metrics: new Map(metrics),
  };
}
