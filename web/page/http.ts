/** Requests to the server that delivered the page, typed by what its routes say of themselves (`bun run schemas`). */
import type { Api } from './api.d.ts';
import { needsLogin } from './login.tsx';

const ANSWER_WITHIN_MS = 5000;

type Arguments<R extends keyof Api> = Omit<Api[R], 'answer'>;
/** Of a route: what it is asked with, if anything. */
type Asked<R extends keyof Api> = Arguments<R> extends Record<string, never> ? [] : [Arguments<R>];

/**
 * What a route answers: `call('GET /sessions/{id}', { path: { id } })`.
 * @throws with the server's words when it refuses
 */
export async function call<R extends keyof Api>(route: R, ...[asked]: Asked<R>): Promise<Api[R]['answer']> {
  const [method = '', template = ''] = route.split(' ');
  const { path = {}, query = {}, body }: Parts = asked ?? {};
  const filled = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''));
  const search = new URLSearchParams(query).toString();
  const answer = await fetch(search === '' ? filled : `${filled}?${search}`, {
    method,
    headers: { accept: 'application/json' },
    // A network that is cut may not say so. What changes something may take its time.
    ...(method === 'GET' ? { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) } : {}),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  // The log-in is over: its time is up, or its token was revoked.
  if (answer.status === 401) needsLogin.value = true;
  // A server that is not ready says so in an answer like that of one that is.
  if (!answer.ok && route !== 'GET /readyz') throw new Error(await errorOf(answer));
  return (await answer.json()) as Api[R]['answer'];
}

/** A long answer that is text. @throws with the server's words when it refuses */
export async function fetchText(path: string): Promise<string> {
  const answer = await fetch(path);
  if (answer.status === 401) needsLogin.value = true;
  if (!answer.ok) throw new Error(await errorOf(answer));
  return await answer.text();
}

interface Parts {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

async function errorOf(answer: Response): Promise<string> {
  const body: { error?: string } = await answer.json().catch(() => ({}));
  return body.error ?? `status ${answer.status}`;
}
