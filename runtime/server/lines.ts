/** Long answers, line by line: made as fast as the client takes them. */

export type Row = Readonly<Record<string, unknown>>;

/**
 * @param ended aborted when the client may see nothing more
 * @throws what the first line throws; a later error, or the end of what is allowed, cuts the answer short
 */
export async function download(
  lines: AsyncGenerator<string>,
  name: string,
  ended: AbortSignal | null,
): Promise<Response> {
  const encoder = new TextEncoder();
  let next = await lines.next();
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      if (ended?.aborted) {
        await lines.return(undefined);
        return controller.error(new Error(String(ended.reason)));
      }
      if (next.done) return controller.close();
      controller.enqueue(encoder.encode(next.value));
      next = await lines.next();
    },
    cancel: async () => void (await lines.return(undefined)),
  });
  const type = name.endsWith('.csv') ? 'text/csv; charset=utf-8' : 'application/jsonl';
  const file = encodeURIComponent(name);
  return new Response(body, {
    headers: { 'content-type': type, 'content-disposition': `attachment; filename*=UTF-8''${file}` },
  });
}

export async function* jsonl(rows: AsyncIterable<Row>): AsyncGenerator<string> {
  for await (const row of rows) yield `${JSON.stringify(row)}\n`;
}

/** The names of the first row are the columns; a list or mapping is JSON in its cell. */
export async function* csv(rows: AsyncIterable<Row>): AsyncGenerator<string> {
  let columns: string[] | undefined;
  for await (const row of rows) {
    if (!columns) {
      columns = Object.keys(row);
      yield `${columns.join(',')}\r\n`;
    }
    yield `${columns.map((column) => cell(row[column])).join(',')}\r\n`;
  }
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  // A spreadsheet takes it for a formula; names of classes come from model files.
  if (typeof value === 'string' && /^[=+\-@\t\r]/.test(text)) return cell(`'${text}`);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
