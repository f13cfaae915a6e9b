/** Inputs and outputs of a node, and what its links carry. Part of the node API (node.ts). */
import type { Static, TSchema } from '@sinclair/typebox';
import type { Box, FrameRequest, LinkKind, LinkValues } from './data.ts';

/** What `prepare` and `request` may use: they run before any worker starts, outside of it, and touch files only. */
export interface PrepareContext {
  /** Folders searched for models given by name, in order. */
  readonly modelFolders: readonly string[];
}

/** A built-in kind of link, or one of the node's own with the schema of its values: plain data, the same at both ends. */
export type PortKind =
  | { readonly kind: LinkKind; readonly schema?: undefined }
  | { readonly kind: string; readonly schema: TSchema };

export type InputPort<P> = PortKind & {
  readonly doc?: string;
  /** An optional input may stay unconnected. */
  readonly optional?: boolean;
  /** `frame` inputs: what the frames must be. Called in the checking process: no native code in here. */
  readonly request?: (params: P, context: PrepareContext) => FrameRequest | Promise<FrameRequest>;
};

export type OutputPort = PortKind & { readonly doc?: string };

export type Inputs<P> = Readonly<Record<string, InputPort<P>>>;
export type Outputs = Readonly<Record<string, OutputPort>>;

/** Sends a value down an output. Await it: in `asap` pace a full ring makes the sender wait. */
export type Emit<O extends Outputs> = {
  readonly [K in keyof O]: (value: EmitValue<O[K]>) => void | Promise<void>;
};

/** What a link of a port carries. */
export type LinkValue<Q extends PortKind> = Q extends { readonly schema: infer T extends TSchema }
  ? Static<T>
  : Q extends { readonly kind: infer K extends LinkKind }
    ? LinkValues[K]
    : never;

/** A producer of frames hands over a decoded picture; the runtime converts it into the ring of each consumer. */
export type EmitValue<Q extends PortKind> = Q extends { readonly kind: 'frame' } ? FrameSource : LinkValue<Q>;

/** A decoded frame on its way into rings. `writeInto` fills one slot; it is called once per consumer's request. */
export interface FrameSource {
  readonly meta: LinkValues['frame']['meta'];
  /**
   * Converts the picture into `target` and says what part of the source the slot shows and where.
   * @param regionNorm the wanted part, in [0, 1] of the picture; undefined: the whole. A producer may show more of it.
   */
  writeInto(request: FrameRequest, target: SharedSlot, regionNorm?: Box): LinkValues['frame']['mapping'];
}

/** Memory of one ring slot, `frameBytes(request)` long from `byteOffset`. `key` is stable per slot: cache views by it. */
export interface SharedSlot {
  readonly buffer: SharedArrayBuffer;
  readonly byteOffset: number;
  readonly byteLength: number;
  /** Same value, same memory, for the life of the ring. */
  readonly key: number;
  /** True until the slot has been filled once: padding must be written then and stays. */
  readonly fresh: boolean;
}
