/** Reads and checks JSON request bodies: bounded, closed, with one message that says what is wrong. */
import type { Static, TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { errorCode, WindhoverError } from '../errors.ts';
import { DEFAULT_LIMITS } from './limits.ts';

/**
 * The body as the schema's type. No body, or an empty one, counts as `{}`; the content type is not looked at.
 * @throws WindhoverError `body_too_large`, `bad_body`
 */
export async function readJson<S extends TSchema>(request: Request, schema: S, maxBytes: number): Promise<Static<S>> {
  const value = parse(await readText(request, maxBytes));
  if (Value.Check(schema, value)) return value;
  const first = Value.Errors(schema, value).First();
  const where = first?.path ? `${first.path.slice(1).replaceAll('/', '.')}: ` : '';
  throw new WindhoverError('bad_body', `Bad body: ${where}${first?.message ?? 'not what is expected'}`);
}

function parse(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new WindhoverError('bad_body', 'Bad body: not valid JSON', { cause });
  }
}

/** @throws WindhoverError `body_too_large`, `body_too_slow`, `bad_body` */
export async function readText(
  request: Request,
  maxBytes: number,
  withinMs: number = DEFAULT_LIMITS.bodyWithinMs,
): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Uint8Array[] = [];
  let total = 0;
  const untilMs = performance.now() + withinMs;
  try {
    // A chunked body does not say its length beforehand: count while it comes. One that does not come at all is ended by
    // the server's idle timeout.
    for await (const chunk of request.body ?? []) {
      total += chunk.byteLength;
      if (total > maxBytes) break;
      if (performance.now() > untilMs) throw new WindhoverError('body_too_slow', 'The body came too slowly');
      chunks.push(chunk);
    }
  } catch (cause) {
    if (errorCode(cause) === 'body_too_slow') throw cause;
    throw new WindhoverError('bad_body', 'Bad body: it broke off', { cause });
  }
  if (total > maxBytes) throw tooLarge(maxBytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new WindhoverError('bad_body', 'Bad body: not valid UTF-8', { cause });
  }
}

function tooLarge(maxBytes: number): WindhoverError {
  return new WindhoverError('body_too_large', `Body too large: at most ${maxBytes} bytes are taken`);
}
