/**
 * From the packets of a metadata track (RTP payloads in order, without their marks) to the documents of which they are parts.
 * A document begins with its declaration or its root, and ends with the end tag of its root. Pure stepper.
 */

/** Longer ones are left out. */
const MOST_BYTES = 1 << 20;
const BEGINNING = /^\s*<(\?xml|([\w.-]+:)?MetadataStream)\b/;
const ENDING = /<\/([\w.-]+:)?MetadataStream\s*>\s*$/;
/** Enough of a packet, or of a document, to see either. */
const LOOK_BYTES = 200;

export class Documents {
  /** Those that were not whole, or too long. */
  broken = 0;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** @returns the document that is whole with this packet; undefined: none is */
  push(payload: Uint8Array): string | undefined {
    const isFirst = BEGINNING.test(utf8(payload.subarray(0, LOOK_BYTES)));
    // The end of the one before was lost.
    if (isFirst && this.#bytes > 0) this.#drop();
    if (!isFirst && this.#bytes === 0) return undefined;
    // FFmpeg uses the memory again.
    this.#parts.push(payload.slice());
    this.#bytes += payload.length;
    if (this.#bytes > MOST_BYTES) this.#drop();
    const tail = Buffer.concat(this.#parts.slice(-2).map((part) => part.subarray(-LOOK_BYTES)));
    if (this.#bytes === 0 || !ENDING.test(utf8(tail))) return undefined;
    const text = utf8(Buffer.concat(this.#parts));
    this.#clear();
    return text;
  }

  #drop(): void {
    this.broken += 1;
    this.#clear();
  }

  #clear(): void {
    [this.#parts, this.#bytes] = [[], 0];
  }
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
