/** What the pictures of the live peers show: the time at which each was taken, and a bar that moves. */

export const PICTURE = { width: 640, height: 360 } as const;
/** Where in the picture; it moves to the right. */
export const BAR = { y: 150, width: 40, height: 40 } as const;
/** The top left: one field for each bit of the Unix time in milliseconds, highest first, white for 1. */
export const FIELDS = { count: 48, width: 12, height: 16 } as const;

/** When the picture was taken, Unix time in milliseconds. */
export function shownTime(grey: Uint8Array | Float32Array): number {
  const row = (FIELDS.height / 2) * PICTURE.width + FIELDS.width / 2;
  let unixMs = 0;
  for (let bit = 0; bit < FIELDS.count; bit++)
    unixMs = unixMs * 2 + ((grey[row + bit * FIELDS.width] ?? 0) > 128 ? 1 : 0);
  return unixMs;
}
