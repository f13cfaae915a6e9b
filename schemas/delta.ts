/**
 * The difference between two messages of a topic, for clients that ask for `delta`. Pure, and without imports: the client
 * library applies it in a browser.
 *
 * Only changed fields are in it. Objects are merged, field by field. The items of a list that all have an `id` are merged
 * with the item of that id, in the order of the new list; any other value replaces the one before.
 */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [field: string]: Json;
}

/** The message that a difference makes of the one before. */
export function applyDelta(before: Json | undefined, delta: Json): Json {
  if (isItems(delta) && isItems(before)) return delta.map((item) => applyDelta(byId(before, item), item));
  if (!isObject(delta) || !isObject(before)) return delta;
  const changed = Object.entries(delta).map(([field, value]) => [field, applyDelta(own(before, field), value)]);
  return { ...before, ...Object.fromEntries(changed) };
}

/** The difference; undefined: they are the same. What it cannot say (a field that is gone), `applyDelta` shows. */
export function deltaOf(before: Json | undefined, after: Json): Json | undefined {
  if (JSON.stringify(before) === JSON.stringify(after)) return undefined;
  if (isItems(before) && isItems(after)) {
    return after.map((item) => {
      const known = byId(before, item);
      return known ? { id: item.id ?? null, ...(deltaOf(known, item) as JsonObject | undefined) } : item;
    });
  }
  if (!isObject(before) || !isObject(after)) return after;
  const changed = Object.entries(after).flatMap(([field, value]) => {
    const delta = deltaOf(own(before, field), value);
    return delta === undefined ? [] : [[field, delta] as const];
  });
  return Object.fromEntries(changed);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isItems(value: Json | undefined): value is readonly JsonObject[] {
  return Array.isArray(value) && value.every((item) => isObject(item) && Object.hasOwn(item, 'id'));
}

function byId(items: readonly JsonObject[], { id }: JsonObject): JsonObject | undefined {
  return items.find((item) => item.id === id);
}

function own(object: JsonObject, field: string): Json | undefined {
  return Object.hasOwn(object, field) ? object[field] : undefined;
}
