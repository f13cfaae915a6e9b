/** The log: one line an entry, secrets blotted out of values without spoiling the line. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { createLog } from '../../runtime/log.ts';

function capture(pretty: boolean) {
  const lines: string[] = [];
  return { lines, log: createLog({ write: (line) => lines.push(line), pretty }) };
}

describe.each([false, true])('pretty: %p', (pretty) => {
  test('a secret is in no line, whatever it is and wherever it stands', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 4, maxLength: 20 }), (secret) => {
        const { lines, log } = capture(pretty);
        log.hide(secret);
        log.warn('message', { url: secret, list: [secret], deep: { deeper: secret } });
        const [line = ''] = lines;
        if (pretty) expect(line).toContain('url=*** list=["***"] deep={"deeper":"***"}');
        else expect(JSON.parse(line)).toMatchObject({ url: '***', list: ['***'], deep: { deeper: '***' } });
        expect(lines).toHaveLength(1);
      }),
    );
  });

  test('a secret of digits does not break numbers', () => {
    const { lines, log } = capture(pretty);
    log.hide('1000');
    log.warn('waiting', { in_ms: 1000, frame: 21_000_5, text: 'after 1000 ms' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('210005');
    expect(lines[0]).not.toMatch(/\b1000\b/);
    if (!pretty) expect(JSON.parse(lines[0] ?? '')).toMatchObject({ in_ms: '***', text: 'after *** ms' });
  });

  test('the longer of two secrets goes first', () => {
    const { log } = capture(pretty);
    log.hide('pass');
    log.hide('password');
    expect(log.redact('my password, my pass')).toBe('my ***, my ***');
  });
});

test('on a terminal, nothing in an entry acts on it; no text is too long', () => {
  const { lines, log } = capture(true);
  log.error('a\nb\u001b[2Jc', {
    name: '\u001b]0;title\u0007',
    stack: 'Error: \u001b[31m\n    at x',
    long: 'x'.repeat(1e6),
  });
  const [line = ''] = lines;
  expect(line).toContain('a bU+001B[2Jc');
  expect(line).toContain('name=U+001B]0;titleU+0007');
  expect(line).toContain('Error: U+001B[31m\n    at x');
  expect(line.length).toBeLessThan(11_000);
});
