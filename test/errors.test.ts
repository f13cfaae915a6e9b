/** Whatever is thrown: it becomes a short text, as plain data, and never throws again. */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { errorCode, errorMessage, fromRecord, toRecord, WindhoverError } from '../runtime/errors.ts';

const LONG = 'x'.repeat(5_000_000);
const circular: Record<string, unknown> = {};
circular.self = circular;
const unreadable = Object.defineProperty(new Error('x'), 'message', {
  get() {
    throw new Error('no');
  },
});

const odd: readonly unknown[] = [
  ...[undefined, null, 5n, Symbol('s'), circular, unreadable, Object.create(null), () => 1, '', new Error('')],
  ...[LONG, { LONG }, new Error(LONG), new WindhoverError(LONG, LONG, { hint: LONG }), new AggregateError([], LONG)],
  ...[Object.assign(new Error('e'), { stack: LONG, code: LONG }), Object.assign(new Error('e'), { stack: 7 })],
];

test('anything thrown', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.constantFrom(...odd), fc.anything({ withBigInt: true, withNullPrototype: true })),
      (thrown) => {
        const record = toRecord(thrown, { node: 'n' });
        expect(JSON.stringify(record).length).toBeLessThan(25_000);
        expect(record.message).toBe(errorMessage(thrown));
        expect(record).toMatchObject({ node: 'n', code: errorCode(thrown) ?? 'unexpected' });
        expect(typeof record.message).toBe('string');
        const { stack, ...others } = record;
        const { stack: again, ...back } = toRecord(fromRecord(record));
        expect(back).toEqual(others);
        expect(again).toBe(stack);
      },
    ),
    { numRuns: 500 },
  );
});
