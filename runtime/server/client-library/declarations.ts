/** TypeScript types of the messages, written from their schemas: for those who have the client library and not this project. */
import { type TSchema, TypeGuard } from '@sinclair/typebox';
import {
  AckSchema,
  AutotrackStateSchema,
  ClockStateSchema,
  CommandSchema,
  ErrorCodeSchema,
  MetadataTickSchema,
  PtzStateSchema,
  ReplySchema,
  TrackEventSchema,
} from '../../../schemas/index.ts';

const MESSAGES: Readonly<Record<string, TSchema>> = {
  Ack: AckSchema,
  AutotrackState: AutotrackStateSchema,
  ClockState: ClockStateSchema,
  Command: CommandSchema,
  ErrorCode: ErrorCodeSchema,
  MetadataTick: MetadataTickSchema,
  PtzState: PtzStateSchema,
  Reply: ReplySchema,
  TrackEvent: TrackEventSchema,
};

export function declarations(): string {
  const types = Object.entries(MESSAGES).map(([name, schema]) => {
    return `${comment(schema, '')}export type ${name} = ${typeText(schema, '')};\n`;
  });
  return types.join('\n');
}

function typeText(schema: TSchema, indent: string): string {
  if (TypeGuard.IsObject(schema)) return objectText(schema.properties, new Set(schema.required ?? []), indent);
  if (TypeGuard.IsArray(schema)) return `${inBrackets(typeText(schema.items, indent))}[]`;
  if (TypeGuard.IsUnion(schema)) return schema.anyOf.map((branch) => typeText(branch, indent)).join(' | ');
  if (TypeGuard.IsLiteral(schema)) return JSON.stringify(schema.const);
  if (TypeGuard.IsNumber(schema) || TypeGuard.IsInteger(schema)) return 'number';
  if (TypeGuard.IsString(schema)) return 'string';
  if (TypeGuard.IsBoolean(schema)) return 'boolean';
  if (TypeGuard.IsNull(schema)) return 'null';
  return 'unknown';
}

function objectText(properties: Readonly<Record<string, TSchema>>, required: ReadonlySet<string>, indent: string) {
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(([name, schema]) => {
    const mark = required.has(name) ? '' : '?';
    return `${comment(schema, inner)}${inner}${name}${mark}: ${typeText(schema, inner)};\n`;
  });
  return `{\n${fields.join('')}${indent}}`;
}

function comment({ description }: TSchema, indent: string): string {
  return description === undefined ? '' : `${indent}/** ${description.replaceAll('*/', '* /')} */\n`;
}

function inBrackets(type: string): string {
  return type.includes('|') ? `(${type})` : type;
}
