import { expect, test } from 'bun:test';
import { isLoopback } from '../runtime/loopback.ts';

test.each(['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]'])('%s is this machine', (host) => {
  expect(isLoopback(host)).toBe(true);
});

test.each(['', '0.0.0.0', '::', '10.0.0.5', 'localhost.example', '127.0.0.1.example', '1127.0.0.1', '127.0.0'])(
  '%j is not',
  (host) => {
    expect(isLoopback(host)).toBe(false);
  },
);
