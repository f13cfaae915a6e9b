/** The sinks that `server.yaml` may name. */
import type { Sink } from './sink.ts';

export const builtinSinks: readonly Sink[] = [];
