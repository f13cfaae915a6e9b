/** The running graph as a drawing: nodes by worker, links with what they carry, counters as rates. Read only. */
import { computed, signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Place, placesOf } from './graph-layout.ts';
import { call } from './http.ts';
import { type Graph, type SessionView, session } from './model.ts';

export const hasGraph = signal(false);

const [NODE_W, NODE_H, GAP_X, GAP_Y, EDGE] = [144, 104, 64, 20, 12];
const MOST_FIGURES = 4;

type Figures = SessionView['nodes'][string];

/** Of a second ago, to tell rates. */
let before: { readonly atMs: number; readonly nodes: SessionView['nodes'] } | undefined;
const rates = computed(() => {
  const now = { atMs: performance.now(), nodes: session.value?.nodes ?? {} };
  const last = before;
  before = now;
  const passedS = last ? (now.atMs - last.atMs) / 1000 : 0;
  return (node: string) => figuresOf(now.nodes[node] ?? {}, last?.nodes[node], passedS);
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
          <Link key={`${from} ${to} ${kind}`} from={places.get(from)} to={places.get(to)} kind={kind} />
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
              {rates.value(id).map((words, i) => (
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

function Link({ from, to, kind }: { from: Place | undefined; to: Place | undefined; kind: string }) {
  const [start, end] = [cornerOf(from), cornerOf(to)];
  const [x1, y1, x2, y2] = [start.x + NODE_W, start.y + NODE_H / 2, end.x, end.y + NODE_H / 2];
  const bend = Math.max(20, (x2 - x1) / 2);
  return (
    <g>
      <path class="link" d={`M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`} />
      <text class="soft" text-anchor="middle" x={x2 - GAP_X / 2} y={y2 - 6}>
        {kind}
      </text>
    </g>
  );
}

function cornerOf(place: Place | undefined): { x: number; y: number } {
  const { column, row } = place ?? { column: 0, row: 0 };
  return { x: EDGE + column * (NODE_W + GAP_X), y: EDGE + row * (NODE_H + GAP_Y) };
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
