/** When something was, by the clock of another machine: from its timestamps, and from when they come. The only file of this folder that others import. */
export { CaptureClock, type ClockQuality, type PacketTimes } from './capture-clock.ts';
export { LowerEdge } from './lower-edge.ts';
