/** The texts that clients of `/ws` are sent of a message: each is made once, for all clients. */
import { applyDelta, deltaOf, type Json } from '../../schemas/delta.ts';
import type { Message } from '../hub/message.ts';

interface Texts {
  readonly byName: Map<string, string>;
  /** Changes by the number of the message that they apply to; undefined: not to be said as changes. */
  readonly changes: Map<number, string | undefined>;
  value?: Json;
}

const made = new WeakMap<Message, Texts>();

/** The message as it is. */
export function envelope(message: Message, name: string): string {
  const { byName } = textsOf(message);
  const text = byName.get(name) ?? `{"topic":${JSON.stringify(name)},"seq":${message.seq},"message":${message.json}}`;
  byName.set(name, text);
  return text;
}

/** What has changed since another message of the topic; undefined: that cannot be said, or is longer than all of it. */
export function deltaEnvelope(message: Message, before: Message, name: string): string | undefined {
  const { changes } = textsOf(message);
  if (!changes.has(before.seq)) changes.set(before.seq, changesOf(message, before));
  const delta = changes.get(before.seq);
  return delta && `{"topic":${JSON.stringify(name)},"seq":${message.seq},"base":${before.seq},"delta":${delta}}`;
}

function changesOf(message: Message, before: Message): string | undefined {
  const [old, value] = [parsedOf(before), parsedOf(message)];
  const delta = deltaOf(old, value) ?? {};
  const text = JSON.stringify(delta);
  if (text.length >= message.json.length) return undefined;
  return JSON.stringify(applyDelta(old, delta)) === message.json ? text : undefined;
}

function parsedOf(message: Message): Json {
  const texts = textsOf(message);
  texts.value ??= JSON.parse(message.json) as Json;
  return texts.value;
}

function textsOf(message: Message): Texts {
  const known = made.get(message) ?? { byName: new Map(), changes: new Map() };
  made.set(message, known);
  return known;
}
