/** Messages that are told apart by number, of any size. */
export const tick = (n: number, size = 0) => JSON.stringify({ type: 'metadata_tick', n, pad: 'x'.repeat(size) });
export const event = (n: number, size = 0) => JSON.stringify({ type: 'track_event', n, pad: 'x'.repeat(size) });
export const state = (n: number, size = 0) => JSON.stringify({ type: 'ptz_state', n, pad: 'x'.repeat(size) });
export const number = (json: string): number => JSON.parse(json).n;
