/** Requests to the server that delivered the page. */

/** The answer of any status that is JSON. @throws when there is none, or `/replay` and the like do not exist */
export async function fetchJson<T>(path: string): Promise<T> {
  const answer = await fetch(path, { headers: { accept: 'application/json' } });
  if (answer.status === 404) throw new Error(await errorOf(answer));
  return (await answer.json()) as T;
}

/** @throws with the server's words when it refuses */
export async function postJson<T>(path: string, body: object): Promise<T> {
  const answer = await fetch(path, { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await errorOf(answer));
  return (await answer.json()) as T;
}

async function errorOf(answer: Response): Promise<string> {
  const body: { error?: string } = await answer.json().catch(() => ({}));
  return body.error ?? `status ${answer.status}`;
}
