// biome-ignore-all lint/suspicious/noTemplateCurlyInString: graphs hold variables
/** A control character is one fault, wherever it comes from, and is shown by its number alone. */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { formatFault } from '../../runtime/graph/faults.ts';
import { check, GOOD, withLine } from './nodes.ts';

const code = fc.oneof(
  fc.constantFrom(0, 7, 8, 0x1b, 0x7f, 0x80, 0x9b, 0x9f, 0xfeff),
  fc.integer({ min: 0, max: 0x1f }),
);
const character = code.filter((point) => ![9, 10, 13].includes(point)).map((point) => String.fromCharCode(point));
const url = (text: string) => withLine(4, `  source: { use: source, with: { url: ${text} } }`);
const escaped = (text: string) => JSON.stringify(text).replaceAll(/[\x7f-\uffff]/g, hex);

interface Given {
  readonly text: string;
  readonly env?: Record<string, string>;
  readonly sets?: string[];
}

const ways: Readonly<Record<string, (character: string) => Given>> = {
  'in the file': (c) => ({ text: url(`a${c}b`) }),
  'in a comment': (c) => ({ text: `${GOOD}# a${c}b\n` }),
  'by its number in the file': (c) => ({ text: url(escaped(`a${c}b`)) }),
  'in a key': (c) => ({
    text: withLine(7, `  track: { use: track, from: detect, with: { zones: { ${escaped(c)}: {} } } }`),
  }),
  'in a default': (c) => ({ text: url(escaped(`\${A:-a${c}b}`)) }),
  'in a variable': (c) => ({ text: url('"${A}"'), env: { A: `a${c}b` } }),
  'in a variable with text around': (c) => ({ text: url('"rtsp://${A}/x"'), env: { A: `a${c}b` } }),
  'in an argument': (c) => ({ text: GOOD, sets: [`source.url=a${c}b`] }),
  'in a list of an argument': (c) => ({ text: GOOD, sets: [`detect.labels=[a${c}b]`] }),
  'by its number in an argument': (c) => ({ text: GOOD, sets: [`source.url=${escaped(`a${c}b`)}`] }),
  'in a variable of an argument': (c) => ({ text: GOOD, sets: ['source.url=${A}'], env: { A: `a${c}b` } }),
};

test.each(Object.entries(ways))('%s', async (_way, given) => {
  await fc.assert(
    fc.asyncProperty(character, async (c) => {
      const { text, env = {}, sets = [] } = given(c);
      const lines = (await check(text, { env, sets })).faults.map(formatFault);
      const number = `control character U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
      expect(lines.filter((line) => line.includes(number))).toHaveLength(1);
      expect(lines[0]).toMatch(/^graphs\/cam\.yaml:\d+:\d+|^--set \w+\.\w+: /);
      for (const line of lines) expect(line).not.toContain(c);
      for (const line of lines) expect(line).not.toContain(`a${c}b`);
    }),
    { numRuns: 30 },
  );
});

function hex(c: string): string {
  return `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
