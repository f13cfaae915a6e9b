/** What the calibration page reports, and how the terminal shows it. */
import { type Static, Type } from '@sinclair/typebox';
import { textTable } from '../../text-table.ts';

const text = () => Type.String({ maxLength: 300 });
const number = () => Type.Union([Type.Number(), Type.Null()]);

export const ReportSchema = Type.Object({
  browser: text(),
  cases: Type.Array(
    Type.Object({
      clip: text(),
      fit: text(),
      size: text(),
      dpr: Type.Number(),
      markers: Type.Integer(),
      boxes: Type.Integer(),
      errorPx: number(),
      frameLag: number(),
    }),
    { maxItems: 1000 },
  ),
  lags: Type.Record(text(), Type.Integer()),
  clock: text(),
});

export type CalibrationReport = Static<typeof ReportSchema>;

/** The largest error of each clip and fit, and the distribution of lags. */
export function reportText({ browser, cases, lags, clock }: CalibrationReport): string {
  const fits = [...new Set(cases.map(({ fit }) => fit))];
  const clips = [...new Set(cases.map(({ clip }) => clip))];
  const worst = (of: CalibrationReport['cases']) => Math.max(...of.map(({ errorPx }) => errorPx ?? 0));
  const cell = (clip: string, fit: string) =>
    worst(cases.filter((each) => each.clip === clip && each.fit === fit)).toFixed(2);
  const rows = [['clip', ...fits], ...clips.map((clip) => [clip, ...fits.map((fit) => cell(clip, fit))])];
  const markers = cases.reduce((sum, each) => sum + each.markers, 0);
  const missing = markers - cases.reduce((sum, each) => sum + each.boxes, 0);
  const frames = Object.entries(lags).map(([lag, count]) => `${lag}: ${count}`);
  return [
    `\n${browser}, ${cases[0]?.dpr ?? 1} pixels of the screen a CSS pixel`,
    `largest distance of a box from its marker, CSS pixels: ${worst(cases).toFixed(2)} (${markers} markers, ${missing} without a box)`,
    textTable(rows).trimEnd(),
    `frame of the boxes less displayed frame, by clock ${clock}: ${frames.join(', ')}\n`,
  ].join('\n');
}

/** How a real camera is checked with the pattern on paper. */
export function paperText(camera: string): string {
  return `To check aspect and rotation of ${camera}:
  1. Open /calibrate/pattern.svg of "bun run calibrate" in a browser, and print it as large as the paper allows.
  2. Put the paper in front of the camera, level and filling the picture.
  3. Run a graph with "url: ${camera}", open its page, and look at marker 1: it is at the top left of the paper. If it is
     elsewhere on the screen, the picture is turned or mirrored between camera and browser.
  4. Measure the frame of the paper on the screen: it is 16 wide by 9 high. Another ratio says that the pixel aspect of the
     stream is not what the camera has.
`;
}
