/** Collects the nodes and constants of an ONNX graph while it is written down as a sequence of calls. */
import { type Attribute, floatTensor, type GraphNode, int64Tensor, type TensorSpec } from './onnx-writer.ts';

/** The name of a tensor in the graph. */
export type Value = string;

/** Height and width of a window. */
type Window = readonly [number, number];

/** All maps are [1, channels, height, width]. */
export class FilterGraph {
  readonly nodes: GraphNode[] = [];
  readonly initializers: TensorSpec[] = [];

  /** Adds a node with one output and returns that. */
  op(op: string, inputs: readonly Value[], attributes: Readonly<Record<string, Attribute>> = {}): Value {
    return this.named(op, inputs, `v${this.nodes.length}`, attributes);
  }

  /** The same with a chosen name for the output. */
  named(
    op: string,
    inputs: readonly Value[],
    output: Value,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value {
    this.nodes.push({ op, name: `n${this.nodes.length}`, inputs, outputs: [output], attributes });
    return output;
  }

  /** Adds a constant unless one of that name is there. */
  constant(tensor: TensorSpec & { readonly name?: string }): Value {
    const name = tensor.name ?? `c${this.initializers.length}`;
    if (!this.initializers.some((known) => known.name === name)) this.initializers.push({ ...tensor, name });
    return name;
  }

  scalar(value: number): Value {
    return this.constant(floatTensor(`scalar_${value}`, [], [value]));
  }

  add(value: Value, amount: number): Value {
    return this.op('Add', [value, this.scalar(amount)]);
  }

  scale(value: Value, factor: number): Value {
    return this.op('Mul', [value, this.scalar(factor)]);
  }

  sigmoid(value: Value): Value {
    return this.op('Sigmoid', [value]);
  }

  clip01(value: Value): Value {
    return this.op('Clip', [value, this.scalar(0), this.scalar(1)]);
  }

  /** 1 up to `limit`, then down to 0 over `ramp`. */
  atMost(value: Value, limit: number, ramp: number): Value {
    return this.clip01(this.add(this.scale(value, -1 / ramp), limit / ramp + 1));
  }

  /** 1 from `limit` on, below it down to 0 over `ramp`. */
  atLeast(value: Value, limit: number, ramp: number): Value {
    return this.clip01(this.add(this.scale(value, 1 / ramp), 1 - limit / ramp));
  }

  /** Largest value in a window around each place; both sides odd. What lies outside of the map doesn't count. */
  around(value: Value, window: Window): Value {
    const [height, width] = window;
    // ONNX Runtime is several times slower beyond 32; two windows of half the length give the same.
    if (width > 32) return this.around(this.around(value, [height, odd(width / 2)]), [1, width + 1 - odd(width / 2)]);
    return this.windowMax(value, window, {
      strides: [1, 1],
      pads: [...window, ...window].map((side) => (side - 1) / 2),
    });
  }

  /**
   * Largest value or sum in a window around each anchor, along one axis; the other axis is left alone.
   * @param window even length along that axis, 1 along the other
   * @param step distance of the anchors; the first one is in the middle of the first step
   */
  window(value: Value, what: 'max' | 'sum', window: Window, step: number): Value {
    const placed = placement(window, step);
    if (what === 'max') return this.windowMax(value, window, placed);
    const length = window[0] * window[1];
    const ones = this.constant(floatTensor(`ones_${window.join('x')}`, [1, 1, ...window], new Array(length).fill(1)));
    return this.op('Conv', [value, ones], placementAttributes(placed));
  }

  /** Sum of a profile in a window around each anchor, and its first and second moment about the anchor. */
  moments(profile: Value, window: Window, step: number): [Value, Value, Value] {
    const length = window[0] * window[1];
    const offsets = Array.from({ length }, (_, index) => index + 0.5 - length / 2);
    const weights = [0, 1, 2].flatMap((power) => offsets.map((offset) => offset ** power));
    const kernel = this.constant(floatTensor(`moments_${window.join('x')}`, [3, 1, ...window], weights));
    const all = this.op('Conv', [profile, kernel], placementAttributes(placement(window, step)));
    return [this.channel(all, 0), this.channel(all, 1), this.channel(all, 2)];
  }

  /** The first `count` rows of a map. */
  rows(value: Value, count: number): Value {
    return this.slice(value, 2, 0, count);
  }

  /** [1, channels, height, width] to [1, channels, height × width], under a name of its own. */
  flatten(value: Value, channels: number, output: Value): Value {
    const shape = this.constant(int64Tensor(`flat_${channels}`, [3], [1, channels, -1]));
    return this.named('Reshape', [value, shape], output);
  }

  private windowMax(value: Value, window: Window, placed: Placement): Value {
    const attributes = { kernel_shape: { ints: window }, ...placementAttributes(placed) };
    return this.op('MaxPool', [value], attributes);
  }

  private channel(value: Value, index: number): Value {
    return this.slice(value, 1, index, index + 1);
  }

  private slice(value: Value, axis: number, from: number, to: number): Value {
    const index = (at: number): Value => this.constant(int64Tensor(`index_${at}`, [1], [at]));
    return this.op('Slice', [value, index(from), index(to), index(axis)]);
  }
}

/** Strides per axis; pads at top, left, bottom, right. */
interface Placement {
  readonly strides: readonly number[];
  readonly pads: readonly number[];
}

function placement(window: Window, step: number): Placement {
  const pads = window.map((length) => (length === 1 ? 0 : (length - step) / 2));
  return { strides: window.map((length) => (length === 1 ? 1 : step)), pads: [...pads, ...pads] };
}

function placementAttributes({ strides, pads }: Placement): Record<string, Attribute> {
  return { strides: { ints: strides }, pads: { ints: pads } };
}

function odd(length: number): number {
  return 2 * Math.floor(length / 2) + 1;
}
