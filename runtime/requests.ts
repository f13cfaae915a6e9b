/** What a node can be asked while it runs; part of the node API (node.ts). */
import type { Static, TObject, TSchema } from '@sinclair/typebox';

/**
 * A request that a node answers: a command of a client, or whatever else is asked of it while it runs. It goes to the
 * first node in the order of the graph that declares its name.
 */
export interface RequestSpec {
  /** What it does, in a sentence. */
  readonly doc: string;
  /** What comes with it; checked before the handler is called. */
  readonly params: TObject;
  /** What the handler returns. Without it, nothing. */
  readonly result?: TSchema;
  /** Who may ask. */
  readonly role: 'viewer' | 'controller' | 'admin';
}

export type Requests = Readonly<Record<string, RequestSpec>>;

/** One handler a request; what it throws is the answer, and the node goes on. */
export type RequestHandlers<R extends Requests> = {
  readonly [K in keyof R]: RequestHandler<R[K], Static<R[K]['params']>>;
};
type RequestHandler<Q extends RequestSpec, P> = Q extends { readonly result: infer T extends TSchema }
  ? (params: P) => Static<T> | Promise<Static<T>>
  : (params: P) => void | Promise<void>;
