/** `bun run check FILE…`: reports the faults of graphs and of a server.yaml, and with --plan how graphs would run. */

import { WindhoverError } from '../errors.ts';
import { loadOptions, parseCommandLine, printFaults, type Surroundings, serverConfig } from './command.ts';

const USAGE = 'bun run check FILE… [--config server.yaml] [--set node.key=value]… [--plan | --plan=mermaid]';
const OPTIONS = {
  plan: { type: 'string' },
  set: { type: 'string', multiple: true },
  config: { type: 'string' },
} as const;

export async function checkCommand(args: string[], surroundings: Surroundings): Promise<number> {
  // A --plan without a value must not take the file after it as its value.
  const spelled = args.map((arg) => (arg === '--plan' ? '--plan=text' : arg));
  const { values, positionals } = parseCommandLine(spelled, OPTIONS, USAGE);
  const { plan } = values;
  if (positionals.length === 0 && values.config === undefined)
    throw new WindhoverError('usage', `name graph files\nusage: ${USAGE}`);
  if (plan !== undefined && plan !== 'text' && plan !== 'mermaid') {
    throw new WindhoverError('usage', '--plan', { expected: 'text or mermaid', got: plan });
  }
  const { loadGraph } = await import('../graph/load.ts');
  const options = loadOptions(surroundings, values.set);
  const loaded = await Promise.all(positionals.map((file) => loadGraph(file, options)));
  const config = values.config === undefined ? undefined : serverConfig(values.config, surroundings);
  const faults = [...loaded.flatMap(({ faults }) => faults), ...(config?.faults ?? [])];
  if (printFaults(faults, surroundings)) return 1;
  const [{ planGraph }, { planMermaid, planText }] = await Promise.all([
    import('../graph/plan.ts'),
    import('../graph/plan-text.ts'),
  ]);
  for (const graph of loaded.flatMap(({ graph }) => graph ?? [])) {
    if (plan === 'mermaid') surroundings.stdout.write(`${planMermaid(planGraph(graph), graph)}\n`);
    else if (plan === 'text') surroundings.stdout.write(`${planText(planGraph(graph), graph)}\n`);
    else surroundings.stdout.write(`${graph.file}: ok (camera ${graph.camera}, ${graph.nodes.length} nodes)\n`);
  }
  const names = config?.sinks.map(({ sink }) => sink.name).join(', ');
  if (config) surroundings.stdout.write(`${config.file}: ok (${names || 'no sinks'})\n`);
  return 0;
}
