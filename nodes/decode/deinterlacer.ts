/**
 * Makes whole pictures of interlaced ones, by FFmpeg's filter bwdif: what stands still keeps all its lines, and what moves
 * has no comb-like edges. It looks at the next picture, too, so it is one picture late.
 */
import { FFmpegError, FilterGraph, type Frame } from 'node-av/lib';
import { PACKET_TICKS_PER_S } from '../../runtime/node.ts';

const NO_TIMESTAMP = -0x8000000000000000n;

export class Deinterlacer {
  #shape = '';
  #graph: FilterGraph | undefined;
  /** Has still to give its last picture: of the shape before, or at the end. */
  #ending: FilterGraph | undefined;

  /** It has pictures of an interlaced stream: all those that follow go through it. */
  get isOn(): boolean {
    return this.#graph !== undefined;
  }

  /** @param frame taken over; null: no more are to come */
  send(frame: Frame | null): void {
    const shape = frame ? `video_size=${frame.width}x${frame.height}:pix_fmt=${frame.format}` : '';
    if (shape !== this.#shape) {
      this.#ending = this.#graph;
      if (this.#ending) push(this.#ending, null);
      this.#graph = frame ? newGraph(shape) : undefined;
      this.#shape = shape;
    }
    if (!frame || !this.#graph) return;
    // The filter counts in fields: its times are twice as many.
    if (frame.bestEffortTimestamp !== NO_TIMESTAMP) frame.pts = frame.bestEffortTimestamp / 2n;
    push(this.#graph, frame);
  }

  /** @param into filled with the next picture @returns false when there is none yet */
  receive(into: Frame): boolean {
    if (this.#ending && pull(this.#ending, into)) return true;
    this.#ending?.free();
    this.#ending = undefined;
    return this.#graph !== undefined && pull(this.#graph, into);
  }

  close(): void {
    this.#graph?.free();
    this.#ending?.free();
    this.#graph = this.#ending = undefined;
    this.#shape = '';
  }
}

function newGraph(shape: string): FilterGraph {
  const graph = new FilterGraph();
  graph.alloc();
  graph.nbThreads = 1;
  const chain = `buffer=${shape}:time_base=1/${PACKET_TICKS_PER_S},bwdif=mode=send_frame:deint=interlaced,buffersink`;
  FFmpegError.throwIfError(graph.parse2(chain), 'make a deinterlacer');
  FFmpegError.throwIfError(graph.configSync(), 'set up a deinterlacer');
  return graph;
}

function push(graph: FilterGraph, frame: Frame | null): void {
  graph.filters?.at(0)?.buffersrcAddFrameSync(frame);
}

function pull(graph: FilterGraph, into: Frame): boolean {
  return (graph.filters?.at(-1)?.buffersinkGetFrameSync(into) ?? -1) >= 0;
}
