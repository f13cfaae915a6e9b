/**
 * What a request or command is called, for whatever is logged while it is carried out: the log puts it into every line,
 * so that nobody has to pass it on.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

export interface RequestScope {
  readonly request_id: string;
}

export const requestScope = new AsyncLocalStorage<RequestScope>();

/** The id that the client has chosen, when it is fit for a log line; else a new one. */
export function requestId(asked: string | null): string {
  return asked !== null && /^[\w.:~+/=-]{1,128}$/.test(asked) ? asked : crypto.randomUUID();
}
