/**
 * `bun run bench cameras`: how many cameras this machine carries. A camera is carried when 95 % of its detections are known
 * 300 ms after the picture was taken, and at least 90 % of those that were asked for come. First what has to hold, with a
 * fixed number of cameras; then, for each size of picture and rate, the most cameras, side by side with a plain Python loop
 * (OpenCV, ONNX Runtime, ByteTrack) of the same model. Each camera is a file that plays at its own pace, 25 pictures a second.
 *
 *     --model default,fast    models that are counted for
 *     --sizes 640x512,1080p   --rates 5,10
 *     --seconds N             each number of cameras is measured so long, 5 by default
 *     --steps N               numbers of cameras that are tried for each, 3 by default
 *     --no-plain, --no-fixed  without the Python loop; without what has to hold
 *     --cameras N,N           instead of a search: so many cameras, and what one more takes from the first to the last
 *     --turns                 also with turns: `inference: {}` in server.yaml
 *
 * CPU and memory are those of one more camera. "others" is what else the machine does: figures of a busy one say little.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { numberOption } from '../runtime/cli/command.ts';
import { WindhoverError } from '../runtime/errors.ts';
import { clipOf, SIZES } from './cameras/clips.ts';
import { OurCameras } from './cameras/ours.ts';
import { PlainCameras, plainPython } from './cameras/plain.ts';
import { type CameraKind, holds, MOST_MS, type Rig, type Sample, sample } from './cameras/rig.ts';
import { mostCameras } from './cameras/search.ts';
import { benchOptions } from './options.ts';
import { ROOT } from './pipeline/input.ts';

/** Cameras of 640×512 with five detections a second that have to be carried on two cores, by model. */
const FIXED = [
  { cameras: 11, model: 'default' },
  { cameras: 16, model: 'fast' },
  // In front of scenes that stand still for two thirds of the time: each at another time, and all at the same.
  { cameras: 16, model: 'default', isStill: true, apartMs: 12_000 / 16 },
  { cameras: 16, model: 'default', isStill: true },
];
const MOST_MB = 60;

const values = benchOptions({
  model: 'default',
  sizes: '640x512,1080p',
  rates: '5,10',
  seconds: 5,
  steps: 3,
  cameras: '',
  turns: false,
  'no-plain': false,
  'no-fixed': false,
});
const SECONDS = values.seconds;
const sizes = values.sizes.split(',');
for (const got of sizes)
  if (!(got in SIZES)) throw new WindhoverError('usage', '--sizes', { known: Object.keys(SIZES), got });
const numbersOf = (name: 'rates' | 'cameras') =>
  values[name].split(',').map((text) => numberOption(name, text, { min: 1, max: 1000 }));
const rates = numbersOf('rates');
/** So many cameras, one number after the other; none: the most is searched for. */
const asked = values.cameras === '' ? [] : numbersOf('cameras');
const HEAD = 'cameras  p50 ms  p95 ms  detections/s   cores  others  CPU ms/detection';

const folder = mkdtempSync(join(tmpdir(), 'bench-cameras-'));
try {
  console.log(`${cpus().length} cores (${cpus()[0]?.model}), load ${load()}`);
  if (!values['no-fixed'] && asked.length === 0) for (const one of FIXED) await fixed(one);
  await all();
  console.log(`load ${load()}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);

/** What has to hold. */
async function fixed({ cameras, model, isStill = false, apartMs }: (typeof FIXED)[number]): Promise<void> {
  const known = await kindOf(model, '640x512', 5, isStill);
  const kind = apartMs === undefined ? known : { ...known, name: `${known.name}, apart`, apartMs };
  await using rig = closing(new OurCameras(kind));
  const found = await measured(rig.rig, cameras);
  const verdict = holds(found, kind) ? 'holds' : 'DOES NOT HOLD';
  console.log(`${label(kind)}, ${cameras} cameras: ${verdict}\n${HEAD}\n${line(found)}\n`);
}

async function all(): Promise<void> {
  const plain = values['no-plain'] ? { reason: 'not asked for' } : plainPython();
  if ('reason' in plain) console.log(`the plain loop is left out: ${plain.reason}`);
  for (const model of values.model.split(',')) {
    for (const size of sizes) {
      for (const rate of rates) {
        const kind = await kindOf(model, size, rate);
        console.log(`${label(kind)}\n${''.padEnd(12)}${HEAD}`);
        await count(new OurCameras(kind), kind);
        if (values.turns) await count(new OurCameras(kind, true), kind);
        if ('python' in plain) await count(new PlainCameras(plain.python, kind), kind);
      }
    }
  }
}

async function count(opened: Rig, kind: CameraKind): Promise<void> {
  await using closed = closing(opened);
  const { rig } = closed;
  const show = (found: Sample) =>
    console.log(`${rig.name.padEnd(12)}${line(found)}${holds(found, kind) ? '' : '  no'}`);
  const measure = async (cameras: number) => {
    const found = await measured(rig, cameras);
    show(found);
    return found;
  };
  if (asked.length > 0) {
    const found: Sample[] = [];
    for (const cameras of asked) found.push(await measure(cameras));
    const [first, last] = [found[0], found.at(-1)];
    if (first && last && last.cameras > first.cameras)
      console.log(`${rig.name.padEnd(12)}${oneMore(rig, first, last)}\n`);
    return;
  }
  const { first, most } = await mostCameras(measure, (found) => holds(found, kind), values.steps);
  const more = most.cameras > first.cameras ? `; ${oneMore(rig, first, most)}` : '';
  console.log(`${rig.name.padEnd(12)}carries ${most.cameras} in ${MOST_MS} ms${more}\n`);
}

/** What a further camera takes. */
function oneMore(rig: Rig, few: Sample, many: Sample): string {
  const each = (of: (found: Sample) => number) => (of(many) - of(few)) / (many.cameras - few.cameras);
  // Its share of what all have in common is none: that is there with the first, and each share only grows with how few they are.
  const own = each(({ memory: { privateMb } }) => privateMb);
  const shared = each(({ memory: { shareMb } }) => shareMb).toFixed(1);
  const limit = rig instanceof OurCameras ? ` (≤ ${MOST_MB}: ${own <= MOST_MB ? 'holds' : 'DOES NOT HOLD'})` : '';
  return `one more takes ${(each(({ cores }) => cores) * 100).toFixed(1)} % of a core and ${own.toFixed(1)} MB of its own${limit}, ${shared} with its share of what is common`;
}

async function measured(rig: Rig, cameras: number): Promise<Sample> {
  await rig.resize(cameras);
  return await sample(rig, cameras, SECONDS);
}

async function kindOf(model: string, size: string, perS: number, isStill = false): Promise<CameraKind> {
  const file = /[./]/.test(model) ? resolve(model) : join(ROOT, 'models', `${model}.onnx`);
  const video = await clipOf(size, folder, isStill);
  const sets = isStill ? ['detect.when=motion'] : [];
  return { name: isStill ? `${size}, still, when: motion` : size, video, perS, model: file, sets };
}

function closing(rig: Rig): AsyncDisposable & { readonly rig: Rig } {
  return { rig, [Symbol.asyncDispose]: () => rig.close() };
}

function label({ name, perS, model }: CameraKind): string {
  return `${name}, ${perS} detections a second each, ${model}`;
}

function line({ cameras, p50Ms, p95Ms, leastPerS, mostPerS, allPerS, cores, otherCores }: Sample): string {
  const rates = `${leastPerS.toFixed(1)} to ${mostPerS.toFixed(1)}`;
  return (
    `${String(cameras).padStart(7)}${p50Ms.toFixed(0).padStart(8)}${p95Ms.toFixed(0).padStart(8)}${rates.padStart(14)}` +
    `${cores.toFixed(2).padStart(8)}${otherCores.toFixed(2).padStart(8)}${((cores * 1000) / allPerS).toFixed(1).padStart(18)}`
  );
}

function load(): string {
  return loadavg()
    .map((value) => value.toFixed(2))
    .join(' ');
}
