/** What a person at a terminal sees: readable logs, and one line that is kept up to date. */
import { describe, expect, test } from 'bun:test';
import { RunningCommand } from '../support/command.ts';
import { chain, Folder, graphText, LIVE } from '../support/graphs.ts';
import { PATIENCE_MS, TEST_LIMIT_MS, until } from '../support/patience.ts';

const hasScript = Bun.which('script') !== null;
if (!hasScript) console.log("skipped: no 'script' here to make a terminal with");

/** Without colours and cursor movements, one entry for each state of the line. */
function screen(text: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what terminals are made of
  return text.replaceAll(/\x1b\[[\d;]*[mK]/g, '').split(/[\r\n]+/);
}

describe.skipIf(!hasScript)('in a terminal', () => {
  test.concurrent(
    'a file shows a bar that fills, and an estimate',
    async () => {
      using folder = new Folder();
      const slow = `{ use: ${import.meta.dir}/../fixtures-nodes/slow-detect.ts, from: decode, with: { block_ms: 8 } }`;
      const file = folder.write('bar.yaml', graphText(chain('asap', { detect: slow })));
      await using command = new RunningCommand(['graph', file, '--port', '0', '--exit-at-end'], { terminal: true });
      const { exitCode, stdout } = await command.finished();
      expect(exitCode).toBe(0);
      const lines = screen(stdout);
      const bars = lines.flatMap((line) => /^cam ([█░]{24}) +(\d+) %(.*)$/.exec(line)?.slice(1) ?? []);
      const percents = bars.filter((_, i) => i % 3 === 1).map(Number);
      expect(percents.length).toBeGreaterThan(4);
      expect(percents).toEqual(percents.toSorted((a, b) => a - b));
      expect(percents.at(-1)).toBe(100);
      expect(lines.join('\n')).toMatch(/ · frame \d+ · \d+\.\d fps · \d+ s left · 1 tracks?/);
      expect(lines.filter((line) => line.startsWith('ready http://127.0.0.1:'))).toHaveLength(1);
      expect(lines.filter((line) => line.startsWith('listening http://127.0.0.1:'))).toHaveLength(1);
      expect(stdout).not.toContain('{"level"');
    },
    TEST_LIMIT_MS,
  );

  test.concurrent(
    'a live camera shows its rates; logs are short',
    async () => {
      await using command = new RunningCommand(LIVE, { terminal: true });
      const status =
        /^clip running · in \d+\.\d fps, processed \d+\.\d · inference \d+\.\d ms, end to end \d+\.\d ms · dropped \d+ · \d+ tracks?$/;
      await until('its rates', () => screen(command.stdout).some((line) => status.test(line)), PATIENCE_MS);
      command.type('\x03');
      const { exitCode, stdout } = await command.finished();
      expect(exitCode).toBe(0);
      const lines = screen(stdout);
      expect(
        lines.some((line) => /^\d\d:\d\d:\d\d info clip detect: model is ready \(model=compact .*\)$/.test(line)),
      ).toBe(true);
    },
    TEST_LIMIT_MS,
  );

  test.concurrent(
    'a camera that is offline is named in the line; Ctrl-C ends it with 0',
    async () => {
      const args = [...LIVE, '--set', 'source.url=rtsp://127.0.0.1:1/x'];
      // Both `bun run` and the command get the key press, and the one passes it on to the other.
      await using command = new RunningCommand(args, { terminal: true, bunRun: true });
      const seen = (text: string) => screen(command.stdout).some((line) => line.startsWith(text));
      await until('the fault', () => seen('clip starting · source_refused'), PATIENCE_MS);
      command.type('\x03');
      const { exitCode } = await command.finished();
      expect(exitCode).toBe(0);
    },
    TEST_LIMIT_MS,
  );

  test.concurrent(
    'an error names the graph and the place',
    async () => {
      using folder = new Folder();
      const file = folder.write(
        'gone.yaml',
        graphText(chain('asap', { source: '{ use: source, with: { url: gone.mp4 } }' })),
      );
      await using command = new RunningCommand(['graph', file, '--port', '0', '--exit-at-end'], { terminal: true });
      const { exitCode, stdout } = await command.finished();
      expect(exitCode).toBe(1);
      const errors = screen(stdout).filter((line) => line.includes('gone.mp4'));
      expect(errors).toHaveLength(1);
      expect(errors[0]).toMatch(
        /^\d\d:\d\d:\d\d error cam source: .*gone\.mp4: no such file .*\(graph=.*gone\.yaml code=source_not_found at=.*gone\.yaml:4:3\)$/,
      );
    },
    TEST_LIMIT_MS,
  );
});
