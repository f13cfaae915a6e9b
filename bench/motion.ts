/**
 * `bun run bench motion`: how exactly and at what cost it is seen how a picture moves, on rendered scenes that are panned,
 * zoomed and shaken: 640×360, 15 frames a second. The limits: 0.5 pixels of 640 (root mean square), 0.5 ms of CPU time a frame, the
 * least of several runs. Beside it the cost of what moves by itself, the first included.
 */
import { GlobalMotion, MotionWatch } from '../motion/index.ts';
import { textTable } from '../runtime/text-table.ts';
import { CAMERAS, errorsOf, FPS, film, GREY } from './motion/whole.ts';

const RUNS = 12;
const LIMITS = { px: 0.5, ms: 0.5 } as const;

const rows = CAMERAS.map(([name, motion, noise]) => {
  const filmed = film(motion, { noise });
  const { known, px } = errorsOf(filmed);
  const wholeMs = leastMs(filmed.greys, () => {
    const eye = new GlobalMotion(GREY);
    return (grey) => eye.step(grey);
  });
  const allMs = leastMs(filmed.greys, () => {
    const eye = new MotionWatch(GREY);
    return (grey, k) => eye.step(grey, (k * 1000) / FPS);
  });
  return { name, known, px, wholeMs, allMs };
});
const table = rows.map(({ name, known, px, wholeMs, allMs }) => {
  return [name, known.toFixed(2), px.toFixed(3), wholeMs.toFixed(2), allMs.toFixed(2)];
});
process.stdout.write(textTable([['camera', 'known', 'error, px of 640', 'ms a frame', 'with own motion'], ...table]));
const beyond = rows.filter(({ px, wholeMs }) => px > LIMITS.px || wholeMs > LIMITS.ms);
process.stdout.write(
  `beyond ${LIMITS.px} px or ${LIMITS.ms} ms: ${beyond.map(({ name }) => name).join('; ') || 'none'}\n`,
);

/** CPU time a picture, least of the runs. */
function leastMs(greys: readonly Uint8Array[], open: () => (grey: Uint8Array, k: number) => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const step = open();
    const before = process.cpuUsage();
    for (const [k, grey] of greys.entries()) step(grey, k);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000 / greys.length);
  }
  return least;
}
