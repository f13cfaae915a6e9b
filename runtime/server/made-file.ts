/** A file that is made when it is first asked for, and is the same from then on. */

export interface MadeFile {
  readonly type: string;
  readonly make: () => Promise<string>;
}

/** Answers requests for it; 304 to who has it. @throws what `make` throws, at every request */
export function madeFile({ type, make }: MadeFile): (request: Request) => Promise<Response> {
  let made: Promise<string> | undefined;
  return async (request) => {
    made ??= make();
    const text = await made.catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    const etag = `"${Bun.hash(text).toString(36)}"`;
    const headers = { 'content-type': type, 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff', etag };
    const isKnown = request.headers.get('if-none-match') === etag;
    return isKnown ? new Response(null, { status: 304, headers }) : new Response(text, { headers });
  };
}
