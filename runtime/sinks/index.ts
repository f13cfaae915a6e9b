/** The sinks that `server.yaml` may name. */
import { cotSink } from './cot/index.ts';
import { historySink } from './history/index.ts';
import { mqttSink } from './mqtt/index.ts';
import type { Sink } from './sink.ts';
import { tracesSink } from './traces/index.ts';

export const builtinSinks: readonly Sink[] = [cotSink, historySink, mqttSink, tracesSink];
