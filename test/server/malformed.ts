/** Requests and messages with something wrong in them, made of right ones: of bytes, of JSON, and of frames. */
import fc from 'fast-check';

type Bytes = Uint8Array<ArrayBuffer>;

const NASTY: readonly unknown[] = [
  ...[null, true, false, 0, -1, 0.5, 1e308, 2 ** 53, '', ' ', 'x', '\0', '\ud800', '\u2028', '../../etc/passwd'],
  ...['__proto__', 'constructor', '$' + '{HOME}', '***', 'a'.repeat(5000), [], {}, [[[]]], { a: { b: {} } }],
];
const nasty: fc.Arbitrary<unknown> = fc.oneof(fc.constantFrom(...NASTY), fc.jsonValue({ maxDepth: 2 }));
const TEXTS = [
  ...['', ' ', '{', '[', '"', '{"a":', '{}{}', 'null', '[]', '1e999', '{"a":1,}', "{'a':1}", '\ufeff{}', '\0', '%ff'],
  ...['{"__proto__":{"role":"admin"}}', '{"constructor":{"prototype":{}}}', '['.repeat(20_000), '{"a":'.repeat(5000)],
  `${'[1,'.repeat(3000)}1${']'.repeat(3000)}`,
];

/** Text that JSON.parse takes or not: an example of the body with one value replaced, something else, or broken bytes. */
export function bodies(example: unknown): fc.Arbitrary<Bytes> {
  const text = typeof example === 'string' ? example : JSON.stringify(example ?? {});
  const isJson = typeof example !== 'string';
  const changed = fc.tuple(fc.nat(), nasty).map(([at, value]) => JSON.stringify(replaced(example ?? {}, at, value)));
  return fc.oneof(
    { weight: 6, arbitrary: isJson ? changed.map(bytesOf) : edits(text) },
    { weight: 2, arbitrary: fc.oneof(fc.constantFrom(...TEXTS), fc.json(), fc.string()).map(bytesOf) },
    { weight: 3, arbitrary: edits(text) },
  );
}

/** A text with a few bytes changed, lost, doubled, put in, or with its end cut off. */
export function edits(text: string): fc.Arbitrary<Bytes> {
  const some = fc.oneof(
    fc.constantFrom('\r\n', '\0', ':', ' ', '\r\n\r\n', '%', '\n', '{', '"', 'Host: x\r\n', '\xff\xfe'),
    fc.string({ maxLength: 4 }),
  );
  const edit = fc.tuple(fc.constantFrom('replace', 'insert', 'remove', 'double', 'cut'), fc.nat(), some);
  return fc.array(edit, { minLength: 1, maxLength: 4 }).map((all) => {
    const made = all.reduce((before, [how, where, put]) => {
      const at = where % (before.length + 1);
      const [head, tail] = [before.slice(0, at), before.slice(at)];
      const few = tail.slice(0, 1 + (where % 20));
      if (how === 'cut') return head;
      if (how === 'remove') return head + tail.slice(few.length);
      if (how === 'double') return head + few + tail;
      return head + put + (how === 'replace' ? tail.slice(put.length) : tail);
    }, text);
    return new Uint8Array(Buffer.from(made, 'latin1'));
  });
}

/** A message of a client of a WebSocket, as text or bytes. */
export function messages(sessionId: string): fc.Arbitrary<string | Bytes> {
  const words = ['subscribe', 'unsubscribe', 'auth', 'set_target_id', 'clear_target', 'gap'];
  const level = fc.oneof(
    fc.constantFrom('+', '#', '', 'sessions', 'cameras', 'stats', 'tick', '__proto__'),
    fc.string(),
  );
  const pattern = fc.array(level, { maxLength: 6 }).map((levels) => levels.join('/'));
  const shaped = fc.record(
    {
      type: fc.oneof(fc.constantFrom(...words), nasty),
      topics: fc.oneof(fc.array(pattern, { maxLength: 70 }), nasty),
      hz: nasty,
      delta: nasty,
      since: fc.oneof(fc.record({ epoch: fc.string(), seq: fc.integer() }), nasty),
      session_id: fc.oneof(fc.constant(sessionId), nasty),
      topic: fc.oneof(pattern, nasty),
      target_id: nasty,
      token: nasty,
    },
    { requiredKeys: [] },
  );
  return fc.oneof(
    { weight: 8, arbitrary: shaped.map((each) => JSON.stringify(each)) },
    { weight: 2, arbitrary: fc.oneof(fc.constantFrom(...TEXTS), fc.json(), fc.string()) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 50 }).map((bytes) => new Uint8Array(bytes)) },
  );
}

/** Bytes after the handshake of a WebSocket: frames whose head lies about the rest, or is none. */
export const frames: fc.Arbitrary<Bytes> = fc
  .tuple(fc.uint8Array({ minLength: 1, maxLength: 14 }), fc.uint8Array({ maxLength: 40 }), fc.boolean())
  .map(
    ([head, rest, isText]) =>
      new Uint8Array(Buffer.concat([isText ? Buffer.from([0x81]) : Buffer.alloc(0), head, rest])),
  );

function bytesOf(text: string): Bytes {
  return new Uint8Array(Buffer.from(text));
}

/** The value with one of its parts, or itself, replaced. */
function replaced(value: unknown, at: number, by: unknown): unknown {
  if (typeof value !== 'object' || value === null) return by;
  const entries = Object.entries(value);
  const place = at % (entries.length + 2);
  const [name, part] = entries[place] ?? [];
  if (name === undefined) return place === entries.length ? by : { ...value, [JSON.stringify(by)]: by };
  const inner = replaced(part, Math.floor(at / (entries.length + 2)), by);
  return Array.isArray(value) ? value.with(Number(name), inner) : { ...value, [name]: inner };
}
