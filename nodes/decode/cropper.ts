/** Parts of a decoded picture by FFmpeg's filter crop: a part refers to the samples of the picture, and nothing is copied. */
import { FFmpegError, FilterGraph, Frame } from 'node-av/lib';
import { type Box, PACKET_TICKS_PER_S } from '../../runtime/node.ts';

/** Sizes of parts that are kept ready. */
const MOST_GRAPHS = 6;

export class Cropper {
  /** By picture and size of the part; the one used last is the last. */
  readonly #graphs = new Map<string, FilterGraph>();
  readonly #whole = newFrame();
  readonly #part = newFrame();

  /** @param partPx in samples as stored @returns good until the next call */
  crop(frame: Frame, partPx: Box): Frame {
    const shape = `video_size=${frame.width}x${frame.height}:pix_fmt=${frame.format}`;
    const graph = this.#graphFor(shape, partPx);
    const [whole, part] = [this.#whole, this.#part];
    part.unref();
    FFmpegError.throwIfError(whole.ref(frame), 'refer to a picture');
    graph.sendCommand('crop', 'x', String(partPx.x));
    graph.sendCommand('crop', 'y', String(partPx.y));
    FFmpegError.throwIfError(graph.filters?.at(0)?.buffersrcAddFrameSync(whole) ?? 0, 'crop a picture');
    FFmpegError.throwIfError(graph.filters?.at(-1)?.buffersinkGetFrameSync(part) ?? 0, 'get a part of a picture');
    [part.colorSpace, part.colorRange] = [frame.colorSpace, frame.colorRange];
    return part;
  }

  close(): void {
    for (const graph of this.#graphs.values()) graph.free();
    this.#graphs.clear();
    this.#whole.free();
    this.#part.free();
  }

  #graphFor(shape: string, { w, h }: Box): FilterGraph {
    const key = `${shape} ${w}x${h}`;
    const graph = this.#graphs.get(key) ?? newGraph(shape, w, h);
    this.#graphs.delete(key);
    this.#graphs.set(key, graph);
    const [oldest] = this.#graphs;
    if (oldest && this.#graphs.size > MOST_GRAPHS) {
      this.#graphs.delete(oldest[0]);
      oldest[1].free();
    }
    return graph;
  }
}

function newGraph(shape: string, w: number, h: number): FilterGraph {
  const graph = new FilterGraph();
  graph.alloc();
  graph.nbThreads = 1;
  const chain = `buffer=${shape}:time_base=1/${PACKET_TICKS_PER_S},crop=${w}:${h}:0:0,buffersink`;
  FFmpegError.throwIfError(graph.parse2(chain), 'make a cropper');
  FFmpegError.throwIfError(graph.configSync(), 'set up a cropper');
  return graph;
}

function newFrame(): Frame {
  const frame = new Frame();
  frame.alloc();
  return frame;
}
