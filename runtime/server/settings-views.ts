/** What the settings routes take and answer. */
import { Type } from '@sinclair/typebox';
import { nullable } from '../../schemas/common.ts';
import { ErrorSchema } from './views.ts';

export const CameraSchema = Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown()), {
  description: 'Options by node. Secrets are hidden',
});
export const AllSchema = Type.Record(Type.String(), CameraSchema, { description: 'By camera' });
const FaultSchema = Type.Object({
  file: Type.String(),
  line: Type.Integer({ description: 'In the changed file, from 1' }),
  column: Type.Integer(),
  path: Type.String({ description: 'Which setting: `nodes.detect.with.confidence`' }),
  code: Type.String({ description: 'Stable name' }),
  message: Type.String(),
});
export const FaultsSchema = Type.Composite([ErrorSchema, Type.Object({ faults: Type.Array(FaultSchema) })]);
export const VerdictSchema = Type.Object({ valid: Type.Boolean(), faults: Type.Array(FaultSchema) });
export const ChangedSchema = Type.Object({
  live: Type.Array(Type.String(), { description: 'Settings that running nodes have taken: `cam01.detect.confidence`' }),
  restarted: Type.Array(Type.String(), { description: 'Nodes that were started again: `cam01.detect`' }),
  changed: Type.Array(Type.String(), { description: 'All settings that are not what they were' }),
  settings: AllSchema,
});
export const WhichSchema = Type.Object(
  { camera_id: Type.Optional(Type.String({ minLength: 1, description: 'One camera alone; all when absent' })) },
  { additionalProperties: false },
);
export const PersistedSchema = Type.Object({
  persisted: Type.Array(
    Type.Object({
      camera_id: Type.String(),
      backup: nullable(Type.String(), 'Name of the backup of what was there; null: the file had this text already'),
    }),
  ),
});
export const RestoreSchema = Type.Object({ backup: Type.String({ minLength: 1 }) }, { additionalProperties: false });
export const BackupsSchema = Type.Object({ backups: Type.Array(Type.String(), { description: 'The newest first' }) });

export const UNKNOWN = { says: 'Unknown camera or node', schema: ErrorSchema };
export const CHANGES = {
  200: { says: 'Applied, all of it', schema: ChangedSchema },
  400: { says: 'Nothing was applied: a bad body, or faults with their places', schema: FaultsSchema },
  404: UNKNOWN,
  409: { says: 'The settings have changed since they were read (If-Match)', schema: ErrorSchema },
  422: { says: 'Nothing was applied: a session could not run it', schema: ErrorSchema },
};
