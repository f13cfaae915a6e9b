/** The JSON Schema documents that clients in other languages validate against, made from the TypeBox schemas. */
import type { TSchema } from '@sinclair/typebox';
import { CommandSchema } from './command.ts';
import { MetadataTickSchema } from './metadata-tick.ts';
import { TrackEventSchema } from './track-event.ts';

const DOCUMENTS: readonly { readonly name: string; readonly title: string; readonly schema: TSchema }[] = [
  { name: 'metadata_tick', title: 'Metadata tick', schema: MetadataTickSchema },
  { name: 'track_event', title: 'Track event', schema: TrackEventSchema },
  { name: 'command', title: 'Command', schema: CommandSchema },
];

/** File name → JSON Schema document (draft 2020-12), ready for `JSON.stringify`; plain data without TypeBox's symbols. */
export function wireSchemas(): Record<string, object> {
  return Object.fromEntries(
    DOCUMENTS.map(({ name, title, schema }) => [`${name}.schema.json`, document(name, title, schema)]),
  );
}

function document(name: string, title: string, schema: TSchema): object {
  const body: object = JSON.parse(JSON.stringify(schema));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:drone-ptz-metadata:1:${name}`,
    title,
    ...body,
  };
}
