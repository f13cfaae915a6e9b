/** The tables that people read. */
import type { Rates } from './ap.ts';
import { CLASSES } from './data-set.ts';
import type { EmptyReport } from './empty.ts';
import type { FixtureReport } from './fixture-recall.ts';
import { GROUPS, type ModelReport, SIZE_LIMITS, type WayReport } from './report.ts';

type Print = (line: string) => void;

const NAME_WIDTH = 14;

/** Everything about models that ran on the same clips. */
export function printModels(reports: readonly ModelReport[], { jobs }: { jobs: number }, print: Print): void {
  const [first] = reports;
  if (!first) return;
  const size = first.shrink === 1 ? '' : `, made smaller to 1/${first.shrink}`;
  print(`\n${first.clips} clips${size}, ${first.frames} frames, ${first.minutes.toFixed(1)} minutes`);
  for (const text of new Set(reports.flatMap(({ frameMismatches }) => frameMismatches))) print(`  frames: ${text}`);
  for (const { model, confidence, sure, bestCase } of reports) {
    const note = bestCase ? '; says not what its boxes are: each figure is the best way to read them' : '';
    print(`  ${model}: track gets detections from ${confidence}; counted as detections below: from ${sure}${note}`);
  }
  print('\nA  as labelled: published boxes grown by the pad of the labels, against the labels');
  printWay(reports, ({ labelled }) => labelled, print);
  print('\nB  tight: published boxes as they are, against the labels without their pad');
  printWay(reports, ({ tight }) => tight, print);
  printSizes(reports, print);
  printClips(reports, print);
  const beside = jobs > 1 ? `   (${jobs} clips at a time: not to be compared)` : '';
  print(`\ninference, ms a frame${beside}`);
  for (const { model, inferenceMs } of reports) {
    const { mean, p50, p95 } = inferenceMs;
    print(`  ${name(model)} mean ${ms(mean)}  p50 ${ms(p50)}  p95 ${ms(p95)}`);
  }
}

function printWay(reports: readonly ModelReport[], way: (report: ModelReport) => WayReport, print: Print): void {
  const heads = ['P .5', 'R .5', 'F1 .5', 'P .3', 'R .3', 'F1 .3'].map((head) => head.padStart(6)).join('');
  const aps = ['labels', 'AP50', 'AP30', '.5:.95'].map((head, index) => head.padStart(index === 0 ? 8 : 7)).join('');
  const names = ' '.repeat(2 * NAME_WIDTH + 1);
  const stages = ['detections', 'published by track'].map((stage) => ` ${stage}`.padEnd(heads.length)).join(' |');
  print(`${names} ${' '.repeat(aps.length)}  |${stages}`.trimEnd());
  print(`${names} ${aps}  |${heads} |${heads}`);
  for (const group of GROUPS) {
    for (const report of reports) {
      const { labels, ap50, ap30, ap5095, detections, published } = way(report).groups[group];
      const aps = `${String(labels).padStart(8)} ${score(ap50)} ${score(ap30)} ${score(ap5095)} `;
      const rest = [detections, published].map(({ at50, at30 }) => rateCells(at50) + rateCells(at30)).join(' |');
      print(`${name(group === 'any' ? 'any class' : group)} ${name(report.model)} ${aps} |${rest}`);
    }
  }
  for (const report of reports) {
    const { detections, published } = way(report).meanF1;
    const pair = ({ at50, at30 }: { at50: number; at30: number }) => `${share(at50)} at .5, ${share(at30)} at .3`;
    print(
      `${name('mean F1')} ${name(report.model)}  detections ${pair(detections)}; published by track ${pair(published)}`,
    );
  }
}

function printSizes(reports: readonly ModelReport[], print: Print): void {
  const heads = [...SIZE_LIMITS.map((limit) => `<${limit} px`), `≥${SIZE_LIMITS.at(-1)} px`];
  print(`\nrecall by longest side of the label, any class, IoU 0.5, as labelled`);
  print(`${' '.repeat(NAME_WIDTH + 3)}${heads.map((head) => head.padStart(14)).join('')}`);
  for (const { model, labelled } of reports) {
    const { bySize } = labelled.groups.any;
    const cells = (sizes: typeof bySize.detections) =>
      sizes.map(({ recall, labels }) => `${share(recall)} (${labels})`.padStart(14)).join('');
    print(`  ${name(model)} ${cells(bySize.detections)}   detections`);
    print(`  ${name('')} ${cells(bySize.published)}   published by track`);
  }
}

function printClips(reports: readonly ModelReport[], print: Print): void {
  print('\nclips followed: published tracks of the class on the object in over half of its frames (IoU 0.3)');
  for (const group of CLASSES) {
    for (const { model, followed } of reports) {
      const { clips, share: all, shareOneId, shareAnyLabel } = followed[group];
      const cells = `${share(all)}   by one id ${share(shareOneId)}   under any label ${share(shareAnyLabel)}`;
      if (clips > 0) print(`  ${name(group)} ${name(model)} ${String(clips).padStart(3)} clips  ${cells}`);
    }
  }
  print('\nfalse positives a minute on clips without the class (boxes; at 30 fps a minute has 1800 frames)');
  for (const group of CLASSES) {
    for (const { model, falsePositives } of reports) {
      const { minutes, detectionsPerMinute, publishedBoxesPerMinute } = falsePositives[group];
      if (minutes === 0) continue;
      const cells = `${perMinute(detectionsPerMinute)} detections  ${perMinute(publishedBoxesPerMinute)} published`;
      print(`  ${name(group)} ${name(model)} ${cells}  in ${minutes.toFixed(1)} min`);
    }
  }
  print('\nfalse confirmed drone tracks, on clips without a drone');
  for (const { model, falseDroneTracks } of reports) {
    const { tracks, minutes, perMinute: rate } = falseDroneTracks;
    print(`  ${name(model)} ${perMinute(rate)} a minute  (${tracks} in ${minutes.toFixed(1)} min)`);
  }
}

/** Class-agnostic recall at each size beside that of the largest clips. */
export function printShrinkLoss(reports: readonly ModelReport[], print: Print): void {
  print('\nclass-agnostic recall, as labelled, by size of the picture');
  for (const model of new Set(reports.map((report) => report.model))) {
    const own = reports.filter((report) => report.model === model).toSorted((a, b) => a.shrink - b.shrink);
    for (const report of own) {
      const cells = (['detections', 'published'] as const).flatMap((stage) =>
        (['at50', 'at30'] as const).map((at) => {
          const recall = report.labelled.groups.any[stage][at].recall;
          const loss = 100 * (recall - (own[0]?.labelled.groups.any[stage][at].recall ?? Number.NaN));
          const change = report === own[0] ? '' : ` (${loss >= 0 ? '+' : '−'}${Math.abs(loss).toFixed(1)} points)`;
          return `${stage} ${at === 'at50' ? '.5' : '.3'} ${share(recall)}${change}`;
        }),
      );
      print(`  ${name(model)} 1/${report.shrink}  ${cells.join('   ')}`);
    }
  }
}

export function printEmpty(reports: readonly EmptyReport[], print: Print): void {
  print(`\nempty skies and skylines, rendered: ${reports[0]?.clips ?? 0} scenes`);
  for (const { model, minutes, tracksPerMinute, droneTracksPerMinute, detectionsPerMinute, tracksByLabel } of reports) {
    const labels = Object.entries(tracksByLabel).map(([label, count]) => `${label} ${count}`);
    const tracks = `${perMinute(tracksPerMinute)} false tracks a minute, ${perMinute(droneTracksPerMinute)} of them drones`;
    const rest = `${perMinute(detectionsPerMinute)} detections a minute, in ${minutes.toFixed(1)} min`;
    print(`  ${name(model)} ${tracks}; ${rest}${labels.length > 0 ? ` (${labels.join(', ')})` : ''}`);
  }
}

export function printFixtures(reports: readonly FixtureReport[], print: Print): void {
  print(`\nfixtures: share of ${reports[0]?.objects ?? 0} true boxes over 12 px that are covered`);
  for (const { model, detections, published } of reports) {
    const pair = ({ at50, at30 }: { at50: number; at30: number }) => `${share(at50)} at .5, ${share(at30)} at .3`;
    print(`  ${name(model)} detections ${pair(detections)}; published by track ${pair(published)}`);
  }
}

function rateCells({ precision, recall, f1 }: Rates): string {
  return [precision, recall, f1].map((value) => share(value).padStart(6)).join('');
}

function score(value: number): string {
  return share(value, 3).padStart(6);
}

function share(value: number, digits = 2): string {
  return Number.isFinite(value) ? value.toFixed(digits) : '-';
}

function perMinute(value: number): string {
  return (Number.isFinite(value) ? value.toFixed(2) : '-').padStart(7);
}

function ms(value: number): string {
  return value.toFixed(1).padStart(6);
}

function name(text: string): string {
  return text.padEnd(NAME_WIDTH);
}
