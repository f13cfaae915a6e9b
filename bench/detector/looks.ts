/** The clips as other cameras would have shown them: FFmpeg's filters, one new file a clip. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { WindhoverError } from '../../runtime/errors.ts';
import { textTable } from '../../runtime/text-table.ts';
import type { Clip } from './data-set.ts';
import type { ModelReport } from './report.ts';
import type { FilterOptions } from './shrink.ts';

interface Look extends FilterOptions {
  readonly filter: string;
}

/** What lenses, sensors, cheap electronics, encoders and weather do. */
const LOOKS: Readonly<Record<string, Look>> = {
  sharpened: { filter: 'unsharp=5:5:1.5' },
  dark: { filter: 'lutrgb=r=gammaval(2.2):g=gammaval(2.2):b=gammaval(2.2)' },
  haze: { filter: 'eq=contrast=0.45:brightness=0.12' },
  'out-of-focus': { filter: 'gblur=sigma=1.2' },
  grain: { filter: 'noise=alls=14:allf=t' },
  compressed: { filter: 'null', crf: 30 },
};

export interface LookReport {
  readonly look: string;
  readonly report: ModelReport;
}

/** @param names with commas between, or `all` @throws WindhoverError `usage` */
export function chosenLooks(names: string | undefined): readonly string[] {
  const all = Object.keys(LOOKS);
  const chosen = names === 'all' ? all : (names?.split(',') ?? []);
  const unknown = chosen.find((name) => !all.includes(name));
  if (unknown === undefined) return chosen;
  throw new WindhoverError('usage', `there is no look '${unknown}'`, { expected: `all, or of ${all.join(', ')}` });
}

/** Runs over the clips with each look; the files are gone after it. */
export async function eachLook(
  clips: readonly Clip[],
  names: readonly string[],
  scratch: string,
  run: (clips: readonly Clip[]) => Promise<readonly ModelReport[]>,
): Promise<LookReport[]> {
  const results: LookReport[] = [];
  for (const look of names) {
    const folder = join(scratch, look);
    mkdirSync(folder);
    const reports = await run(await filmed(clips, look, folder));
    results.push(...reports.map((report) => ({ look, report })));
    rmSync(folder, { recursive: true });
  }
  return results;
}

async function filmed(clips: readonly Clip[], look: string, folder: string): Promise<readonly Clip[]> {
  // Native code, loaded when it is needed.
  const { filterVideo } = await import('./shrink.ts');
  const { filter = 'null', ...options } = LOOKS[look] ?? {};
  const others: Clip[] = [];
  for (const clip of clips) {
    const video = join(folder, `${clip.name}.mp4`);
    await filterVideo(clip.video, video, `${filter},format=yuv420p`, options);
    others.push({ ...clip, video });
    process.stderr.write(`${look}: ${others.length}/${clips.length}\n`);
  }
  return others;
}

/** Heads, and a row for each run: F1 of what `track` publishes. @param plain runs over the clips as they are */
export function lookRows(plain: readonly ModelReport[], looks: readonly LookReport[]): string[][] {
  const heads = ['clips as another camera shows them', 'model', 'any class: F1 at IoU 0.5', 'at 0.3'];
  const rows = [...plain.map((report) => ({ look: 'as they are', report })), ...looks].map(({ look, report }) => {
    const { any } = report.labelled.groups;
    const { published } = report.labelled.meanF1;
    const f1s = [any.published.at50.f1, any.published.at30.f1, published.at50, published.at30];
    const shares = [...f1s, any.published.at30.precision, any.published.at30.recall].map((value) => value.toFixed(2));
    return [look, report.model, ...shares, report.falseDroneTracks.perMinute.toFixed(1)];
  });
  const others = ['mean of the classes at 0.5', 'at 0.3', 'precision at 0.3', 'recall', 'false drone tracks a minute'];
  return [[...heads, ...others], ...rows];
}

export function printLooks(plain: readonly ModelReport[], looks: readonly LookReport[]): void {
  process.stdout.write(`\n${textTable(lookRows(plain, looks))}`);
}
