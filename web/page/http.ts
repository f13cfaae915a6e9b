/** Requests to the server that delivered the page. */
import { needsLogin } from './login.tsx';

/** The answer of any status that is JSON. @throws when there is none, or it does not exist for who looks */
export async function fetchJson<T>(path: string): Promise<T> {
  const answer = await fetch(path, { headers: { accept: 'application/json' } });
  refused(answer);
  if ([403, 404].includes(answer.status)) throw new Error(await errorOf(answer));
  return (await answer.json()) as T;
}

/** @throws with the server's words when it refuses */
export async function postJson<T>(path: string, body: object): Promise<T> {
  const answer = await fetch(path, { method: 'POST', body: JSON.stringify(body) });
  refused(answer);
  if (!answer.ok) throw new Error(await errorOf(answer));
  return (await answer.json()) as T;
}

/** The log-in is over: its time is up, or its token was revoked. */
function refused({ status }: Response): void {
  if (status === 401) needsLogin.value = true;
}

async function errorOf(answer: Response): Promise<string> {
  const body: { error?: string } = await answer.json().catch(() => ({}));
  return body.error ?? `status ${answer.status}`;
}
