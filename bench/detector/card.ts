/** Puts the figures of a run into a Markdown file: the tables of the model card are written, not typed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { WindhoverError } from '../../runtime/errors.ts';
import { CLASSES } from './data-set.ts';
import type { EmptyReport } from './empty.ts';
import type { FixtureReport } from './fixture-recall.ts';
import { type LookReport, lookRows } from './looks.ts';
import type { ModelReport } from './report.ts';

/** What a run measured. */
export interface CardResults {
  readonly runs: readonly ModelReport[];
  readonly looks?: readonly LookReport[];
  readonly empty?: readonly EmptyReport[];
  readonly fixtures?: readonly FixtureReport[];
}

/**
 * Replaces what stands between `<!-- bench detector: SECTION -->` and `<!-- end -->`.
 * @throws WindhoverError `bench_card` when the file has no such section
 */
export function writeCard(file: string, section: string, results: CardResults): void {
  const text = readFileSync(file, 'utf8');
  const start = `<!-- bench detector: ${section} -->`;
  const from = text.indexOf(start);
  const to = text.indexOf('<!-- end -->', from);
  if (from < 0 || to < 0) {
    throw new WindhoverError('bench_card', `${file} has no place for the section '${section}'`, {
      expected: `${start} and after it <!-- end -->`,
      got: from < 0 ? 'neither' : 'no end',
    });
  }
  const tables = cardTables(results).join('\n\n');
  writeFileSync(file, `${text.slice(0, from + start.length)}\n\n${tables}\n\n${text.slice(to)}`);
}

/** The tables that a run has figures for, in Markdown. */
export function cardTables({ runs, looks, empty = [], fixtures = [] }: CardResults): string[] {
  const whole = runs.filter(({ shrink }) => shrink === 1);
  const tables: string[] = [];
  if (looks) {
    const [heads = [], ...rows] = lookRows(whole, looks);
    tables.push(table(heads, rows));
  } else if (whole.length > 0) tables.push(f1Table(whole), clipTable(whole));
  if (runs.length > whole.length) tables.push(shrinkTable(runs));
  if (empty.length > 0) {
    const rows = empty.map((one) => [
      one.model,
      one.minutes.toFixed(1),
      rate(one.tracksPerMinute),
      rate(one.droneTracksPerMinute),
    ]);
    tables.push(
      table(['empty rendered skies', 'minutes', 'false tracks a minute', 'false drone tracks a minute'], rows),
    );
  }
  if (fixtures.length > 0) {
    const rows = fixtures.map(({ model, objects, published }) => [
      model,
      String(objects),
      share(published.at50),
      share(published.at30),
    ]);
    tables.push(table(['fixtures, over 12 px, published by track', 'objects', 'recall at IoU 0.5', 'at 0.3'], rows));
  }
  return tables;
}

/** F1 of what `track` publishes, by class. */
function f1Table(runs: readonly ModelReport[]): string {
  const groups = (['any', ...CLASSES] as const).filter((group) =>
    runs.some((run) => run.labelled.groups[group].labels > 0),
  );
  const rows = groups.map((group) => [
    group === 'any' ? 'any class' : group,
    ...runs.flatMap(({ labelled }) => {
      const { published, ap50 } = labelled.groups[group];
      return [share(published.at50.f1), share(published.at30.f1), share(ap50)];
    }),
  ]);
  const means = runs.flatMap(({ labelled: { meanF1 } }) => [
    share(meanF1.published.at50),
    share(meanF1.published.at30),
    '',
  ]);
  const heads = runs.flatMap(({ model }) => [`${model}: F1 at IoU 0.5`, 'at 0.3', 'AP50']);
  return table(['published by track', ...heads], [...rows, ['mean of the classes', ...means]]);
}

function clipTable(runs: readonly ModelReport[]): string {
  const line = (what: string, read: (run: ModelReport) => string) => [what, ...runs.map(read)];
  return table(
    ['', ...runs.map(({ model }) => model)],
    [
      line('drone clips with a drone track over half of the time', ({ followed }) => percent(followed.drone.share)),
      line('false drone tracks a minute on clips without drones', ({ falseDroneTracks }) =>
        rate(falseDroneTracks.perMinute),
      ),
      line('F1 against tight labels, IoU 0.5 / 0.3', ({ tight }) => {
        const { at50, at30 } = tight.groups.any.published;
        return `${share(at50.f1)} / ${share(at30.f1)}`;
      }),
    ],
  );
}

/** Class-agnostic recall of the published tracks, and what is lost when objects get smaller. */
function shrinkTable(runs: readonly ModelReport[]): string {
  const recall = ({ labelled }: ModelReport) => labelled.groups.any.published;
  const rows = runs.map((run) => {
    const whole = runs.find(({ model, shrink }) => model === run.model && shrink === 1);
    const loss = (read: (one: ModelReport) => number) =>
      whole && run !== whole ? ` (${((read(run) - read(whole)) * 100).toFixed(1)} points)` : '';
    const cell = (read: (one: ModelReport) => number) => `${share(read(run))}${loss(read)}`;
    return [
      run.model,
      `1/${run.shrink}`,
      cell((one) => recall(one).at50.recall),
      cell((one) => recall(one).at30.recall),
    ];
  });
  return table(['clips made smaller', 'size', 'recall at IoU 0.5', 'at 0.3'], rows);
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

function share(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : '–';
}

function percent(value: number): string {
  return Number.isFinite(value) ? `${Math.round(value * 100)} %` : '–';
}

function rate(value: number): string {
  return Number.isFinite(value) ? value.toFixed(1) : '–';
}
