/** The wire contract `drone-ptz-metadata/1` as TypeBox schemas and the static types that follow from them. */
export * from './autotrack-state.ts';
export * from './clock-state.ts';
export * from './command.ts';
export { type Bbox, WIRE_SCHEMA } from './common.ts';
export * from './metadata-tick.ts';
export * from './ptz-state.ts';
export * from './replies.ts';
export * from './track-event.ts';
