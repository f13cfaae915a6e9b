/** Who made a request: noted before its route is asked, and read by the route. */
import { ANYBODY, type Caller } from '../access/caller.ts';

const callers = new WeakMap<Request, Caller>();

export function noteCaller(request: Request, caller: Caller): void {
  callers.set(request, caller);
}

/** Whose cameras and role an answer must respect (`seesCamera`, `hasRole` in access/caller.ts). */
export function callerOf(request: Request): Caller {
  return callers.get(request) ?? ANYBODY;
}
