/** The one key of `server.yaml` that is no sink: how the sessions share the cores. */
import { cpus } from 'node:os';
import { type Static, Type } from '@sinclair/typebox';
import type { TurnLimits } from '../session/turn-table.ts';

const Options = Type.Object(
  {
    threads: Type.Integer({
      minimum: 0,
      maximum: 1024,
      default: 0,
      description: 'Threads that may run models at once, over all sessions; 0: as many as there are cores.',
    }),
    cameras: Type.Record(Type.String(), Type.Number({ minimum: 0.1, maximum: 10 }), {
      default: {},
      description:
        'Shares of cameras, by camera id, while there is too little for all: 2 gets twice as much as 1, the share of all others.',
    }),
  },
  { additionalProperties: false },
);

export const INFERENCE = { name: 'inference', doc: 'How the sessions share the cores.', options: Options } as const;
export type InferenceOptions = Static<typeof Options>;

export function turnLimits({ threads, cameras }: InferenceOptions): TurnLimits {
  return { threads: threads || cpus().length, shares: cameras };
}
