/** Names of the MQTT topics. Pure. */

/** Parts of a camera's own topics, which no label and no zone may take. */
const TAKEN = new Set(['all', 'autotrack', 'problem', 'ptz', 'status', 'target', 'tick']);
const MOST_CHARS = 64;

/** A label or a zone as one level of a topic: without what has a meaning in topics. */
export function level(text: string): string {
  const safe = text.replace(/[/+#\s\p{Cc}]/gu, '_').slice(0, MOST_CHARS) || '_';
  return TAKEN.has(safe) ? `${safe}_` : safe;
}

/** Where the number of an object's kind is told: of the whole picture, and of each zone that it is in. */
export function countTopics(label: string, zones: readonly string[] = []): string[] {
  const places = ['', ...new Set(zones.map((zone) => `${level(zone)}/`))];
  return places.flatMap((place) => [`${place}all`, `${place}${level(label)}`]);
}

/** False for what a camera tells beside numbers of objects. */
export function isCountTopic(path: string): boolean {
  const [first = '', second, ...more] = path.split('/');
  return more.length === 0 && (first === 'all' ? second === undefined : !TAKEN.has(first));
}

export const COMMANDS = ['autotrack/set', 'target/set', 'target/clear'] as const;
export type CommandPath = (typeof COMMANDS)[number];
