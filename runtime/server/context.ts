/** What is known of a request beside its text: its id, where it comes from, who made it. Noted before its route is asked. */
import { type Caller, seesCamera } from '../access/caller.ts';

export interface RequestContext {
  readonly id: string;
  /** Of the client, also behind a trusted proxy; null: this process. */
  readonly address: string | null;
  /** The name of this server that a trusted proxy was asked for, with a port if there was one. */
  readonly forwardedHost: string | null;
  /** The client's connection is encrypted, as far as is known. */
  readonly isSecure: boolean;
  /** Null: nobody that is known. */
  caller: Caller | null;
  /** For the audit log, once the route is known: whether it is one that changes something, and what. */
  change?: { readonly route: string; camera?: string; session?: string; details?: Readonly<Record<string, unknown>> };
}

const contexts = new WeakMap<Request, RequestContext>();

export function noteContext(request: Request, context: RequestContext): void {
  contexts.set(request, context);
}

export function contextOf(request: Request): RequestContext {
  const context = contexts.get(request);
  if (context) return context;
  throw new Error('a request came by another way than `App.handle`');
}

/** Whose cameras and role an answer must respect (`seesCamera`, `hasRole` in access/caller.ts). */
export function callerOf(request: Request): Caller {
  const { caller } = contextOf(request);
  if (caller) return caller;
  throw new Error('a route for known callers was asked by nobody');
}

/** Those of some views, each of a camera, that exist for the caller. */
export function seenBy<T extends { readonly camera_id: string }>(caller: Caller, views: readonly T[]): readonly T[] {
  return caller.cameras === null ? views : views.filter(({ camera_id }) => seesCamera(caller, camera_id));
}

/** Adds to what the audit log says of this request: names and numbers, never a secret. */
export function noteChange(
  request: Request,
  camera: string | undefined,
  details: Readonly<Record<string, unknown>> = {},
): void {
  const { change } = contextOf(request);
  if (!change) return;
  if (camera !== undefined) change.camera = camera;
  change.details = { ...change.details, ...details };
}
