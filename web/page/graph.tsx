/** The running graph as a drawing: nodes by worker, links with what they carry, counters as rates. Read only. */
import { computed, signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Place, placesOf } from './graph-layout.ts';
import { call } from './http.ts';
import { type Graph, type SessionView, session } from './model.ts';

export const hasGraph = signal(false);

const [NODE_W, NODE_H, GAP_X, GAP_Y, EDGE] = [168, 104, 92, 20, 12];
/** Rates are those of so long a time. */
const RATE_OVER_MS = 5000;
const MOST_FIGURES = 4;

type Figures = SessionView['nodes'][string];

/** Of the last seconds, oldest first, to tell rates. */
const past: { readonly atMs: number; readonly nodes: SessionView['nodes'] }[] = [];
const rates = computed(() => {
  const now = { atMs: performance.now(), nodes: session.value?.nodes ?? {} };
  past.push(now);
  while (past.length > 2 && now.atMs - (past[1]?.atMs ?? 0) > RATE_OVER_MS) past.shift();
  const last = past[0] === now ? undefined : past[0];
  const passedS = last ? (now.atMs - last.atMs) / 1000 : 0;
  return {
    words: (node: string) => figuresOf(now.nodes[node] ?? {}, last?.nodes[node], passedS),
    perS: (node: string, counter: string) => {
      const [was, is] = [last?.nodes[node]?.[counter], now.nodes[node]?.[counter]];
      return typeof is === 'number' && passedS > 0.2 ? Math.max(0, is - Number(was ?? 0)) / passedS : 0;
    },
  };
});

export function GraphDialog() {
  const ref = useRef<HTMLDialogElement>(null);
  const [graph, setGraph] = useState<Graph | null>(null);
  const isOpen = hasGraph.value;
  const id = session.value?.session_id;
  useEffect(() => {
    if (!isOpen || id === undefined) {
      ref.current?.close();
      return;
    }
    ref.current?.showModal();
    void call('GET /sessions/{id}/graph', { path: { id } }).then(setGraph, () => setGraph(null));
  }, [isOpen, id]);
  return (
    <dialog ref={ref} class="graph" aria-label="Graph" onClose={() => (hasGraph.value = false)}>
      <h2>Graph</h2>
      {isOpen && (graph ? <Drawing graph={graph} /> : <p class="small">The graph is not known.</p>)}
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}

function Drawing({ graph: { nodes, links } }: { graph: Graph }) {
  const places = placesOf(nodes, links);
  const all = [...places.values()];
  const width = 2 * EDGE + (Math.max(0, ...all.map(({ column }) => column)) + 1) * (NODE_W + GAP_X) - GAP_X;
  const height = 2 * EDGE + (Math.max(0, ...all.map(({ row }) => row)) + 1) * (NODE_H + GAP_Y) - GAP_Y;
  const workers = [...new Set(nodes.map(({ worker }) => worker))];
  const fault = session.value?.fault?.message ?? '';
  return (
    <div class="drawing">
      <svg width={width} height={height} role="img" aria-label={`${nodes.length} nodes in ${workers.length} workers`}>
        {links.map(({ from, to, kind }) => (
          <Link
            key={`${from} ${to} ${kind}`}
            from={places.get(from)}
            to={places.get(to)}
            words={linkWords(from, to, kind, !links.some((link) => link.from === to))}
          />
        ))}
        {nodes.map(({ id, use, worker }) => {
          const { x, y } = cornerOf(places.get(id));
          const isAtFault = fault.includes(id);
          return (
            <g key={id} transform={`translate(${x} ${y})`}>
              <rect class={isAtFault ? 'node fault' : 'node'} width={NODE_W} height={NODE_H} rx="4" />
              <rect class={`worker w${workers.indexOf(worker) % 6}`} width="4" height={NODE_H} />
              <text x="12" y="18" class="name">
                {id}
              </text>
              <text x="12" y="33" class="soft">
                {use === id ? `worker ${worker}` : `${use} · worker ${worker}`}
              </text>
              {rates.value.words(id).map((words, i) => (
                <text key={words.split(' ')[0]} x="12" y={50 + i * 14}>
                  {words}
                </text>
              ))}
            </g>
          );
        })}
      </svg>
    </div>
  );
}

interface LinkProps {
  readonly from: Place | undefined;
  readonly to: Place | undefined;
  /** One a line, from the line down. */
  readonly words: readonly string[];
}

function Link({ from, to, words }: LinkProps) {
  const [start, end] = [cornerOf(from), cornerOf(to)];
  const [x1, y1, x2, y2] = [start.x + NODE_W, start.y + NODE_H / 2, end.x, end.y + NODE_H / 2];
  const bend = Math.max(20, (x2 - x1) / 2);
  return (
    <g>
      <path class="link" d={`M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`} />
      {words.map((word, line) => (
        <text
          key={word}
          class="soft"
          text-anchor="middle"
          x={x2 - GAP_X / 2}
          y={y2 - 6 + line * 14 + (line > 0 ? 6 : 0)}
        >
          {word}
        </text>
      ))}
    </g>
  );
}

function cornerOf(place: Place | undefined): { x: number; y: number } {
  const { column, row } = place ?? { column: 0, row: 0 };
  return { x: EDGE + column * (NODE_W + GAP_X), y: EDGE + row * (NODE_H + GAP_Y) };
}

/** What a link carries: frames a second, and what a slow reader leaves out; into the last node, how old results are then. */
function linkWords(from: string, to: string, kind: string, isLast: boolean): string[] {
  const view = session.value;
  if (!view) return [kind];
  const { fps, latency_ms: latencyMs } = view;
  const skipped = rates.value.perS(to, 'skipped');
  const decoded = rates.value.perS(from, 'decoded');
  if (kind === 'packet') return [kind, `${fps.in.toFixed(1)}/s`];
  if (kind === 'frame') {
    const share = decoded > 0 ? Math.round((100 * Math.min(skipped, decoded)) / decoded) : 0;
    return [kind, `${Math.max(0, decoded - skipped).toFixed(1)}/s`, ...(share > 0 ? [`${share} % left out`] : [])];
  }
  const words = [kind, `${fps.out.toFixed(1)}/s`];
  const { inference_p50: inferenceMs, end_to_end_p99: endMs } = latencyMs;
  if (kind === 'detections' && inferenceMs !== null) words.push(`p50 ${Math.round(inferenceMs)} ms`);
  if (isLast && endMs !== null) words.push(`p99 ${Math.round(endMs)} ms`);
  return words;
}

/** Counters that go on as rates, all else as it is. */
function figuresOf(now: Figures, last: Figures | undefined, passedS: number): string[] {
  const words = Object.entries(now).map(([name, value]) => {
    const old = last?.[name];
    if (typeof value !== 'number') return `${name} ${value}`;
    if (typeof old === 'number' && value > old && passedS > 0.2)
      return `${name} ${((value - old) / passedS).toFixed(1)}/s`;
    return `${name} ${Number.isInteger(value) ? value : value.toFixed(1)}`;
  });
  return words.map((each) => (each.length > 22 ? `${each.slice(0, 21)}…` : each)).slice(0, MOST_FIGURES);
}
