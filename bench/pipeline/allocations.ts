/** How much the nodes allocate: the whole chain in this process, heap looked at after every frame. */
import { heapStats } from 'bun:jsc';
import { createRing } from '../../runtime/engine/ring-layout.ts';
import { RingPump, RingSink } from '../../runtime/engine/ring-links.ts';
import { LocalSink, type Sink } from '../../runtime/engine/sinks.ts';
import { benchServices, decodeInto, openNode } from './in-process.ts';
import { type BenchInput, benchGraph } from './input.ts';

const WARM_UP_FRAMES = 50;
const FRAMES = 300;

/**
 * Sums the growth of the JS heap between frames; collections only ever shrink it and are left out. Apart from it, memory
 * that JS objects hold outside of the heap: the model's outputs, and views of the decoder's pictures, which are not
 * copies.
 */
export async function allocationsPerFrame(input: BenchInput) {
  const graph = await benchGraph(input, ['source.pace=asap', 'source.loop=true']);
  const services = benchServices(graph);
  const [detect, track, publish] = await Promise.all(
    ['detect', 'track', 'publish'].map((id) => openNode(graph, id, services)),
  );
  if (!detect || !track || !publish) throw new Error('graphs/file.yaml has lost a node');
  detect.sinks.get('detections')?.push(new LocalSink(track, 'detections'));
  track.sinks.get('tracks')?.push(new LocalSink(publish, 'tracks'));
  const request = graph.nodes.find(({ id }) => id === 'detect')?.links[0]?.request;
  if (!request) throw new Error('detect asks for no frames');
  const ring = createRing({ id: 'bench', pace: 'asap', readers: 1, slots: 3, request });
  const writer = new RingSink(ring);
  let [heapBytes, outsideBytes, frames, conversions] = [0, 0, 0, 0];
  let before = { heap: 0, outside: 0 };
  const counted: Sink = {
    deliver: (value) => {
      conversions += 1;
      return writer.deliver(value);
    },
    end: () => writer.end(),
  };
  const measured = {
    count: () => undefined,
    inputEnded: () => detect.inputEnded(),
    deliver: async (name: string, value: unknown) => {
      await detect.deliver(name, value);
      const { heapSize, extraMemorySize } = heapStats();
      const now = { heap: heapSize - extraMemorySize, outside: extraMemorySize };
      if (frames > WARM_UP_FRAMES) {
        heapBytes += Math.max(0, now.heap - before.heap);
        outsideBytes += Math.max(0, now.outside - before.outside);
      }
      before = now;
      frames += 1;
    },
  };
  await Promise.all([
    decodeInto(graph, counted, WARM_UP_FRAMES + FRAMES),
    new RingPump(ring, 0, measured, 'frames').run(),
  ]);
  for (const node of [detect, track, publish]) await node.close();
  return { heapBytes, outsideBytes, frames: frames - WARM_UP_FRAMES - 1, conversionsPerFrame: conversions / frames };
}
