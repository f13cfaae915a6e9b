/**
 * `bun run calibrate`: serves the test pattern and its boxes, and a page that measures in the user's own browser how far the
 * drawn boxes are from their markers. `--browser PATH`: it measures by itself, in a Chromium without a window. `--camera URL`: how a real camera is checked with the pattern on paper.
 */
import packageJson from '../../../package.json';
import { SystemClock } from '../../clock.ts';
import { WindhoverError } from '../../errors.ts';
import { createLog } from '../../log.ts';
import { maskPasswords } from '../../node.ts';
import { listen } from '../../server/app.ts';
import { numberOption, parseCommandLine, STOP_SIGNALS, type Surroundings } from '../command.ts';
import { paperText, reportText } from './report.ts';
import { Calibration } from './server.ts';

const USAGE = 'bun run calibrate [--port 8090] [--browser PATH] | --camera URL';
const OPTIONS = {
  port: { type: 'string', default: '8090' },
  browser: { type: 'string' },
  camera: { type: 'string' },
} as const;
const PIXEL_RATIOS = [1, 1.5, 2, 3];

export async function calibrateCommand(args: string[], { stdout, stderr }: Surroundings): Promise<number> {
  const { values, positionals } = parseCommandLine(args, OPTIONS, USAGE);
  if (positionals.length > 0)
    throw new WindhoverError('usage', `unexpected argument ${positionals[0]}\nusage: ${USAGE}`);
  if (values.camera !== undefined) {
    stdout.write(paperText(maskPasswords(values.camera)));
    return 0;
  }
  const port = numberOption('port', values.port, { min: 0, max: 65_535 });
  const calibration = new Calibration({
    clock: new SystemClock(),
    log: createLog({ write: (line) => stderr.write(`${line}\n`), pretty: stderr.isTTY }),
    version: packageJson.version,
    reported: (report) => stdout.write(reportText(report)),
  });
  const server = listen(calibration.app, { host: '127.0.0.1', port });
  try {
    if (values.browser === undefined) await untilStopped(server.url, stdout);
    else await measureIn(values.browser, server.url, stdout);
  } finally {
    calibration.stop();
    await server.stop();
  }
  return 0;
}

async function measureIn(browser: string, url: string, stdout: NodeJS.WriteStream): Promise<void> {
  const { BrowserRun } = await import('./browser.ts');
  await using run = await BrowserRun.open(browser, url);
  const played = await run.play();
  for (const ratio of PIXEL_RATIOS) {
    stdout.write(reportText({ browser: run.name(), cases: await run.measure(ratio), ...played }));
  }
}

async function untilStopped(url: string, stdout: NodeJS.WriteStream): Promise<void> {
  stdout.write(`open ${url}/calibrate in the browser, and press Measure; Ctrl-C ends it\n`);
  await new Promise<void>((resolve) => {
    for (const signal of STOP_SIGNALS) process.on(signal, () => resolve());
  });
}
