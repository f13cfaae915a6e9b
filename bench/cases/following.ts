/** Cases of `ptz/` in real time: the virtual camera in a process of its own, its picture, and the drone that it follows. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AutotrackState } from '../../schemas/index.ts';
import { RunningCommand } from '../../test/support/command.ts';
import { until } from '../../test/support/patience.ts';
import type { Case } from './case.ts';
import { serveEncoded } from './encoded-camera.ts';
import { modernized, scratchFolder } from './live-run.ts';
import { type Oddity, startProxy } from './odd-camera.ts';

const FOLDER = 'ptz/31-live-follow';
/** Its test moves and its calibration. */
const LONGEST_CALIBRATION_MS = 60_000;
const SETTLING_MS = 10_000;
const LAST_MS = 20_000;
/** A time in which timers came later than that says nothing of the camera: another one is taken, a few times. */
const DISTURBED_MS = 100;
const TRIES = 3;
const LOOK_MS = 200;
/** Most distance from the middle, root mean square, in shares of the width; out of the picture counts as 1. */
const CENTRED = 0.12;

export function followingCases(root: string): Case[] {
  return [
    followCase('ptz/31-live-follow: by virtual-ptz', root, { graph: 'virtual.yaml' }),
    followCase('ptz/31-live-follow: by MPEG-TS', root, { graph: 'ts.yaml', needs: 'ffmpeg' }),
    ...(['x', 'y', 'xy'] as const).map((axes) =>
      followCase(`ptz/33-wrong-way: ${axes} turned, positions too`, root, {
        graph: 'virtual.yaml',
        oddity: turned(axes),
      }),
    ),
  ];
}

interface Setup {
  /** File of the folder. */
  readonly graph: string;
  readonly oddity?: Oddity;
  /** Program that has to be installed. */
  readonly needs?: string;
}

function followCase(name: string, root: string, setup: Setup): Case {
  const { oddity, needs } = setup;
  return {
    name,
    expected: oddity
      ? 'the drone is followed as if nothing was turned, or the option that turns the axis is named'
      : `the drone stays within ${100 * CENTRED} % of the width of the middle (rms)`,
    isSlow: true,
    run: async () => {
      if (needs !== undefined && Bun.which(needs) === null) return { pass: false, got: `${needs} is not there` };
      const { rms, said } = await follow(root, setup);
      const isNamed = oddity !== undefined && /invert_|reversed/.test(said);
      return {
        pass: rms <= CENTRED || isNamed,
        got: `rms ${(100 * rms).toFixed(1)} % of the width${said ? `; ${said}` : ''}`,
      };
    },
  };
}

/** The camera turns the other way than it is told, and says so of its positions. */
function turned(axes: 'x' | 'y' | 'xy'): Oddity {
  const mirror = (xml: string) =>
    xml.replace(/<((?:\w+:)?(?:PanTilt|Position))\b[^>]*>/g, (tag) =>
      tag.replace(/\b([xy])="(-?[\d.]+)"/g, (text, axis: string, value) =>
        axes.includes(axis) ? `${axis}="${-Number(value)}"` : text,
      ),
    );
  return {
    ask: (operation, xml) => (/Move$/.test(operation) ? mirror(xml) : xml),
    answer: (operation, xml) => (operation === 'GetStatus' ? mirror(xml) : xml),
  };
}

async function follow(root: string, { graph: file, oddity = {} }: Setup): Promise<{ rms: number; said: string }> {
  using folder = scratchFolder();
  await using camera = new RunningCommand(['camera', '--port', '0', '--scene', join(root, FOLDER, 'scene.json')]);
  const portOf = () => Number(/127\.0\.0\.1:(\d+)/.exec(camera.stdout)?.[1] ?? 0);
  await until('the address of the camera', () => portOf() > 0);
  const port = portOf();
  const proxy = startProxy({ port }, oddity);
  await using encoded = serveEncoded(port);
  try {
    // Commands go by the proxy, the picture does not.
    const text = modernized(readFileSync(join(root, FOLDER, file), 'utf8'));
    const graph = folder.write('graph.yaml', text.replace(/(onvif: \{ url: "127\.0\.0\.1:)[^"]*/, `$1${proxy.port}`));
    const args = ['graph', graph, '--port', '0', '--state', join(folder.path, 'state')];
    await using command = new RunningCommand(args, {
      env: { CAM_PORT: String(port), TS_PORT: String(encoded.port) },
    });
    const { url, session } = await command.ready();
    let state: AutotrackState | undefined;
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/sessions/${session}?topics=autotrack`);
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(String(data));
      if (message.type === 'autotrack_state') state = message;
    };
    const isMeasured = () => ['done', 'failed'].includes(state?.calibration.state ?? 'none');
    for (let ms = 0; ms < LONGEST_CALIBRATION_MS && !isMeasured(); ms += LOOK_MS) await Bun.sleep(LOOK_MS);
    await Bun.sleep(SETTLING_MS);
    let { rms, latestMs } = await distance(port);
    for (let tries = 1; tries < TRIES && rms > CENTRED && latestMs > DISTURBED_MS; tries++) {
      ({ rms, latestMs } = await distance(port));
    }
    socket.close();
    const warned = command.log().map(({ msg }) => String(msg));
    const said = [...(state?.notes ?? []), ...warned].filter((each) => /turn|mirror|invert|revers/i.test(each));
    return { rms, said: [...new Set(said)].slice(0, 2).join('; ') };
  } finally {
    await proxy.stop(true);
  }
}

/** Root mean square of the next while, and by how much the latest timer came late meanwhile. */
async function distance(port: number): Promise<{ rms: number; latestMs: number }> {
  const offs: number[] = [];
  let latestMs = 0;
  for (let ms = 0; ms < LAST_MS; ms += LOOK_MS) {
    const dueMs = performance.now() + LOOK_MS;
    await Bun.sleep(LOOK_MS);
    latestMs = Math.max(latestMs, performance.now() - dueMs);
    offs.push(await offCentre(port));
  }
  return { rms: Math.hypot(...offs) / Math.sqrt(offs.length), latestMs };
}

/** True distance of the drone from the middle of the picture, in shares of its width. */
async function offCentre(port: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/debug/state?profile=profile_sub`);
  const { targets } = (await answer.json()) as { targets?: { box?: { x: number; w: number } | null }[] };
  const box = targets?.[0]?.box;
  return box ? Math.abs((box.x + box.w / 2) / 640 - 0.5) : 1;
}
