/**
 * `bun run bench motion`: how exactly and at what cost it is seen how a picture moves, on rendered scenes that are panned,
 * zoomed and shaken: 640×360, 15 frames a second. The limits: 0.5 pixels of 640 (root mean square), 0.5 ms of CPU time a frame, the
 * least of several runs. Beside it the cost of what moves by itself, the first included.
 */
import { GlobalMotion, MotionWatch } from '../motion/index.ts';
import { textTable } from '../runtime/text-table.ts';
import { CAMERAS, errorsOf, FPS, film, GREY } from './motion/whole.ts';
import { benchOptions } from './options.ts';

/** All scenes take turns so often: what else the machine does for a while harms none of them alone. */
const RUNS = 24;
const LIMITS = { px: 0.5, ms: 0.5 } as const;

benchOptions({});
const scenes = CAMERAS.map(([name, motion, noise]) => {
  const filmed = film(motion, { noise });
  return {
    name,
    greys: filmed.greys,
    ...errorsOf(filmed),
    wholeMs: Number.POSITIVE_INFINITY,
    allMs: Number.POSITIVE_INFINITY,
  };
});
for (let run = 0; run < RUNS; run++) {
  for (const scene of scenes) {
    const whole = new GlobalMotion(GREY);
    scene.wholeMs = Math.min(
      scene.wholeMs,
      cpuMs(scene.greys, (grey) => whole.step(grey)),
    );
    const all = new MotionWatch(GREY);
    scene.allMs = Math.min(
      scene.allMs,
      cpuMs(scene.greys, (grey, k) => all.step(grey, (k * 1000) / FPS)),
    );
  }
}
const table = scenes.map(({ name, known, px, wholeMs, allMs }) => {
  return [name, known.toFixed(2), px.toFixed(3), wholeMs.toFixed(2), allMs.toFixed(2)];
});
process.stdout.write(textTable([['camera', 'known', 'error, px of 640', 'ms a frame', 'with own motion'], ...table]));
const beyond = scenes.filter(({ px, wholeMs }) => px > LIMITS.px || wholeMs > LIMITS.ms);
process.stdout.write(
  `beyond ${LIMITS.px} px or ${LIMITS.ms} ms: ${beyond.map(({ name }) => name).join('; ') || 'none'}\n`,
);

/** CPU time a picture. */
function cpuMs(greys: readonly Uint8Array[], step: (grey: Uint8Array, k: number) => unknown): number {
  const before = process.cpuUsage();
  for (const [k, grey] of greys.entries()) step(grey, k);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / greys.length;
}
