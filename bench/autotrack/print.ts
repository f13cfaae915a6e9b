/** The tables of the autotrack bench. */
import type { CaseResult, PlantSummary } from './summary.ts';
import { BOUNDS } from './summary.ts';

type Print = (line: string) => void;

const share = (value: number, digits = 1) => (100 * value).toFixed(digits);

const COLUMNS: readonly (readonly [head: string, cell: (result: CaseResult) => string])[] = [
  ['centre s', ({ time_to_centre_s }) => time_to_centre_s?.toFixed(2) ?? '-'],
  ['RMS %', ({ rms }) => share(rms, 2)],
  ['p95 %', ({ p95 }) => share(p95, 2)],
  ['over %', ({ overshoot }) => share(overshoot)],
  ['off %', ({ off_frame_share }) => share(off_frame_share)],
  ['lost', ({ lost }) => (lost ? 'yes' : '')],
  ['cmd/s', ({ commands_per_s }) => commands_per_s.toFixed(1)],
  ['travel °', ({ travel_deg }) => travel_deg.toFixed(0)],
  ['signs/s', ({ sign_changes_per_s }) => sign_changes_per_s.toFixed(2)],
  ['still %', ({ still_share }) => share(still_share, 0)],
];

export function printCases(results: readonly CaseResult[], print: Print, withFill = false): void {
  const columns = withFill ? [...COLUMNS, ['fill %', ({ fill }: CaseResult) => share(fill)] as const] : COLUMNS;
  print(
    `${'plant'.padEnd(16)}${'path'.padEnd(16)}${'controller'.padEnd(11)}${columns.map(([head]) => head.padStart(9)).join('')}`,
  );
  for (const result of results) {
    const name = `${result.plant.padEnd(16)}${result.path.padEnd(16)}${result.controller.padEnd(11)}`;
    print(name + columns.map(([, cell]) => cell(result).padStart(9)).join(''));
  }
}

export function printSummary(summaries: readonly PlantSummary[], print: Print): void {
  print(
    '\nby plant: median RMS over the paths (% of the frame width), ours over the better baseline, and the worst path of ours',
  );
  const heads = ['windhover', 'pid', 'relative', 'ratio', 'by case', 'signs/s', 'in frame', 'still'];
  print(`${'plant'.padEnd(16)}${heads.map((head) => head.padStart(10)).join('')}`);
  for (const { plant, medianRms, ratio, caseRatio, signChangesPerS, inFrame, still } of summaries) {
    const cells = [
      ...[medianRms.windhover, medianRms.pid, medianRms.relative].map((rms) => share(rms, 2)),
      marked(ratio.toFixed(3), ratio <= BOUNDS.ratio),
      caseRatio.toFixed(3),
      marked(signChangesPerS.toFixed(2), signChangesPerS <= BOUNDS.signChangesPerS),
      inFrame === null ? '-' : marked(share(inFrame), inFrame >= BOUNDS.inFrame),
      still === null ? '-' : marked(share(still), still >= BOUNDS.still),
    ];
    print(plant.padEnd(16) + cells.map((cell) => cell.padStart(10)).join(''));
  }
  print('');
  for (const line of verdicts(summaries)) print(line);
}

/** One line a bound: whether it holds, and where not. */
export function verdicts(summaries: readonly PlantSummary[]): string[] {
  const verdict = (what: string, holds: (summary: PlantSummary) => boolean) => {
    const missing = summaries.filter((summary) => !holds(summary)).map(({ plant }) => plant);
    return missing.length === 0 ? `pass  ${what}` : `MISS  ${what}: not for ${missing.join(', ')}`;
  };
  return [
    verdict(`median RMS at most ${BOUNDS.ratio} of the better baseline's`, ({ ratio }) => ratio <= BOUNDS.ratio),
    verdict(
      `at most ${BOUNDS.signChangesPerS} changes of the error's sign a second`,
      ({ signChangesPerS }) => signChangesPerS <= BOUNDS.signChangesPerS,
    ),
    verdict(
      `in frame at least ${share(BOUNDS.inFrame, 0)} % of the time on paths under ${share(BOUNDS.reachable, 0)} % of the motors' speed`,
      ({ inFrame }) => inFrame === null || inFrame >= BOUNDS.inFrame,
    ),
    verdict(
      `hovering target: camera still at least ${share(BOUNDS.still, 0)} % of the time`,
      ({ still }) => still === null || still >= BOUNDS.still,
    ),
  ];
}

function marked(text: string, holds: boolean): string {
  return holds ? text : `! ${text}`;
}
