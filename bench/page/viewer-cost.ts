/**
 * What viewers cost the pipeline: in turns none, some with picture, some without. The detector gets more frames than it can
 * take, so that all that others take shows in its rate. The viewers decode nothing, and run at a low priority.
 */
import { readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { quantile } from '../../test/live/peers.ts';
import type { Pipeline } from './pipeline.ts';

const LOW_PRIORITY = 10;

export interface Cost {
  readonly kind: 'ticks' | 'picture';
  /** Share of the frame rate, and of a core; medians of the rounds. */
  readonly rateShare: number;
  readonly coreShare: number;
  /** Frames a second in the turns without viewers, of each round. */
  readonly aloneFps: readonly number[];
  readonly aloneCores: number;
}

interface Turn {
  readonly fps: number;
  /** Of the session's process. */
  readonly cores: number;
}

export async function viewerCosts(pipeline: Pipeline, rounds: number, seconds: number): Promise<Cost[]> {
  const kinds = ['picture', 'ticks'] as const;
  const found = kinds.map((kind) => ({
    kind,
    rates: [] as number[],
    cores: [] as number[],
    alone: [] as number[],
    aloneCores: [] as number[],
  }));
  await turn(pipeline, seconds);
  for (let round = 0; round < rounds; round++) {
    for (const each of found) {
      const before = await turn(pipeline, seconds);
      const viewed = await withViewers(pipeline, each.kind, seconds);
      const after = await turn(pipeline, seconds);
      const fps = (before.fps + after.fps) / 2;
      each.alone.push(fps);
      each.rates.push(1 - viewed.fps / fps);
      each.cores.push(viewed.cores - (before.cores + after.cores) / 2);
      each.aloneCores.push((before.cores + after.cores) / 2);
    }
  }
  return found.map(({ kind, rates, cores, alone, aloneCores }) => {
    const [rateShare, coreShare] = [quantile(rates, 0.5), quantile(cores, 0.5)];
    return { kind, rateShare, coreShare, aloneFps: alone, aloneCores: quantile(aloneCores, 0.5) };
  });
}

async function withViewers(pipeline: Pipeline, kind: Cost['kind'], seconds: number): Promise<Turn> {
  const command = [process.execPath, join(import.meta.dir, 'viewers.ts'), pipeline.url, pipeline.session, kind, '2'];
  const viewers = Bun.spawn(command, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await viewers.stdout.getReader().read();
    setPriority(viewers.pid, LOW_PRIORITY);
    return await turn(pipeline, seconds);
  } finally {
    viewers.kill();
    await viewers.exited;
  }
}

async function turn(pipeline: Pipeline, seconds: number): Promise<Turn> {
  const [from, fromS, beganMs] = [await pipeline.processed(), cpuSeconds(pipeline), performance.now()];
  await Bun.sleep(seconds * 1000);
  const passedS = (performance.now() - beganMs) / 1000;
  const fps = ((await pipeline.processed()) - from) / passedS;
  return { fps, cores: (cpuSeconds(pipeline) - fromS) / passedS };
}

/** User and system time, in hundredths of a second, are the 14th and 15th field. */
function cpuSeconds({ command }: Pipeline): number {
  const [pid = 0] = command.sessions;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
