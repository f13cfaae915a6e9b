/**
 * Topics on the wire: what a WebSocket is sent (`?topics=tick,tracks,ptz`; without it, what v1 clients know), and
 * GET /sessions/{id}/{topic}, the latest message of a topic of which the latest counts.
 */
import type { Elysia } from 'elysia';
import { type Topics, topics } from '../../schemas/topics.ts';
import { WindhoverError } from '../errors.ts';
import type { Sessions } from '../session/api.ts';
import { unknownPath, unknownSession } from './errors.ts';
import { describe, ErrorSchema } from './views.ts';

/** What the URL of a request asks for; without it, what v1 clients know. @throws WindhoverError `unknown_topic` */
export function requestedTopics(url: string, known: Topics): ReadonlySet<string> {
  const isAsked = new URL(url).searchParams.has('topics');
  if (isAsked) return topicsNamed(url, known);
  return new Set(Object.keys(known).filter((name) => known[name]?.wanted));
}

/** Those that `?topics=` names. @throws WindhoverError `unknown_topic` */
export function topicsNamed(url: string, known: Topics): ReadonlySet<string> {
  const asked = new URL(url).searchParams.getAll('topics');
  const names = asked.flatMap((list) => list.split(',')).map((name) => name.trim());
  const unknown = names.find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined) {
    throw new WindhoverError('unknown_topic', 'Unknown topic', {
      expected: `some of ${Object.keys(known).join(', ')}`,
      got: JSON.stringify(unknown),
    });
  }
  return new Set(names);
}

export function addTopics(app: Elysia, sessions: Sessions): void {
  for (const [name, { doc, schema, keep }] of Object.entries(topics)) {
    if (keep === 'every') continue;
    app.get(`/sessions/:id/${name}`, ({ params }) => latest(sessions, params.id, name), {
      detail: describe(
        doc,
        {
          200: { says: 'The latest message', schema },
          404: { says: 'Unknown session, or there was no such message yet', schema: ErrorSchema },
        },
        { role: 'viewer' },
      ),
    });
  }
  // Those of the nodes of a graph.
  app.get(
    '/sessions/:id/:topic',
    ({ params: { id, topic }, request }) => {
      const known = sessions.topics(id);
      if (Object.hasOwn(known, topic) && known[topic]?.keep === 'latest') return latest(sessions, id, topic);
      throw unknownPath(request);
    },
    {
      detail: describe(
        'The latest message of a topic of a node of the graph',
        {
          200: { says: 'As the node published it' },
          404: { says: 'Unknown session or topic, or there was no such message yet', schema: ErrorSchema },
        },
        { role: 'viewer' },
      ),
    },
  );
}

/** @throws WindhoverError `unknown_session`, `no_state` */
function latest(sessions: Sessions, sessionId: string, topic: string): Response {
  const json = sessions.hub.retained(sessionId, topic)?.json;
  if (json !== undefined) return new Response(json, { headers: { 'content-type': 'application/json' } });
  if (!sessions.get(sessionId)) throw unknownSession();
  throw new WindhoverError('no_state', `No ${topic} state`);
}
