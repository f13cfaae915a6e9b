/** The messages of the wire, as types of the same schemas that the server checks them with. Nothing of it is there at run time. */
export type {
  Ack,
  AutotrackState,
  ClockState,
  Command,
  ErrorCode,
  MetadataTick,
  PtzState,
  Reply,
  TrackEvent,
} from '../../schemas/index.ts';
