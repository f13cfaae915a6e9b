/**
 * Checks what a node that is not built in puts on its links: a wrong value is the fault of the node that sends it, and
 * not of the next one that trips over it. 1,000 tracks take 0.1 ms.
 */
import { type TSchema, Type } from '@sinclair/typebox';
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler';
import type { LinkKind } from '../data.ts';
import { WindhoverError } from '../errors.ts';
import { DetectionsMessage, FrameMeta, MetadataMessage, PtzMessage, TracksMessage } from '../link-values.ts';
import type { PortKind } from '../ports.ts';
import { mismatch } from './mismatch.ts';

/** Of the built-in kinds. A packet holds native objects, and its own library checks them. */
const SCHEMAS: Readonly<Record<LinkKind, TSchema | undefined>> = {
  packet: undefined,
  metadata: MetadataMessage,
  frame: Type.Object({ meta: FrameMeta }),
  detections: DetectionsMessage,
  tracks: TracksMessage,
  ptz: PtzMessage,
};

export class LinkCheck {
  readonly #node: string;
  readonly #checks = new Map<string, { readonly schema: TSchema; readonly check: TypeCheck<TSchema> }>();
  /** Index of the newest frame that came in; null: none has, this may be where frames begin. */
  #newestFrame: number | null = null;

  constructor(node: string, outputs: Readonly<Record<string, PortKind>>) {
    this.#node = node;
    for (const [port, { kind, schema: own }] of Object.entries(outputs)) {
      const schema = own ?? SCHEMAS[kind as LinkKind];
      if (schema) this.#checks.set(port, { schema, check: TypeCompiler.Compile(schema) });
    }
  }

  /** A value came in. */
  received(value: unknown): void {
    const index = frameIndex(value);
    if (index !== undefined) this.#newestFrame = Math.max(this.#newestFrame ?? index, index);
  }

  /** A value is about to go out. @throws WindhoverError `wrong_value` */
  send(port: string, value: unknown): void {
    const declared = this.#checks.get(port);
    if (!declared) return;
    if (!declared.check.Check(value)) throw this.#wrong(port, mismatch(declared.schema, value) ?? 'not of its schema');
    const twice = idTwice(value);
    if (twice !== undefined) throw this.#wrong(port, `tracks: two have the id ${twice}`);
    const index = frameIndex(value);
    if (index === undefined || this.#newestFrame === null || index <= this.#newestFrame) return;
    throw this.#wrong(
      port,
      `frame/index: no such frame has come in; the newest is ${this.#newestFrame}, this ${index}`,
    );
  }

  #wrong(port: string, what: string): WindhoverError {
    return new WindhoverError('wrong_value', `the value that it sends to its output ${port} is wrong: ${what}`, {
      node: this.#node,
      hint: 'runtime/link-values.ts says what such values are',
    });
  }
}

/** Of a message about a frame, or a frame itself. */
function frameIndex(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { frame, meta } = value as { readonly frame?: FrameMeta; readonly meta?: FrameMeta };
  const index = (frame ?? meta)?.index;
  return typeof index === 'number' ? index : undefined;
}

/** Of a message that has passed its check: an id that two of its tracks have. */
function idTwice(value: unknown): number | undefined {
  const { tracks } = value as Partial<TracksMessage>;
  if (!Array.isArray(tracks)) return undefined;
  const ids = tracks.map(({ id }) => id);
  return new Set(ids).size < ids.length ? ids.find((id, i) => ids.indexOf(id) < i) : undefined;
}
