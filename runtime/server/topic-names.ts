/**
 * Names of topics on the wire, and patterns of them. A message of a session has two names, one by its session and one by
 * its camera, whose sessions come and go: `sessions/ID/tick`, `cameras/ID/tick`. The server's own have one: `stats`.
 */

import { MAX_PATTERN_CHARS } from '../../schemas/topic-messages.ts';
import { topics } from '../../schemas/topics.ts';
import type { About } from '../hub/message.ts';

/** Own topics of the server. */
export const STATS = 'stats';

/** The names of what is about this, the one by session first. */
export function topicNames({ sessionId, cameraId, topic }: About): readonly string[] {
  const known: Readonly<Record<string, { readonly path?: string }>> = topics;
  const path = (Object.hasOwn(known, topic) ? known[topic]?.path : undefined) ?? topic;
  if (sessionId === '') return [path];
  return [`sessions/${level(sessionId)}/${path}`, `cameras/${level(cameraId)}/${path}`];
}

/** Whether a name is of the pattern. */
export type Matches = (name: string) => boolean;

/** `+` is any one level, `#` at the end all that follow. @returns undefined: nothing can have such a name */
export function readPattern(pattern: string): Matches | undefined {
  const levels = pattern.split('/');
  const [first = ''] = levels;
  const open = levels.at(-1) === '#';
  const fixed = open ? levels.slice(0, -1) : levels;
  const isWrong = fixed.some((each) => each === '' || (each !== '+' && /[+#]/.test(each)));
  if (isWrong || pattern.length > MAX_PATTERN_CHARS) return undefined;
  if (!['sessions', 'cameras', STATS, '+', '#'].includes(first)) return undefined;
  return (name) => {
    const parts = name.split('/');
    if (open ? parts.length < fixed.length : parts.length !== fixed.length) return false;
    return fixed.every((each, at) => each === '+' || each === parts[at]);
  };
}

/** An id as one level: what means something in names and patterns is written as in URLs. */
function level(id: string): string {
  return id.replaceAll(/[%/+#]/g, encodeURIComponent);
}
