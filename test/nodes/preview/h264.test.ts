/** H.264 taken apart and put into RTP: nothing is lost, whatever its units are. */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { hasParameterSets, isKey, nalUnits, parameterSets } from '../../../nodes/preview/access-units.ts';
import { payloadsOf } from '../../../nodes/preview/rtp-payloads.ts';

/** As encoders write them: no start code inside, no zero at the end. */
const unit = fc
  .tuple(fc.integer({ min: 1, max: 23 }), fc.uint8Array({ minLength: 1, maxLength: 4000, min: 1 }))
  .map(([type, body]) => new Uint8Array([0x60 | type, ...body]));
const units = fc.array(unit, { minLength: 1, maxLength: 6 });

const bytes = (list: readonly Uint8Array[]) => list.map((each) => Buffer.from(each).toString('hex'));

function stored(list: readonly Uint8Array[], lengthBytes: number): Uint8Array {
  const parts = list.map((each, i) => {
    const head = Buffer.alloc(lengthBytes || (i % 2 === 0 ? 4 : 3));
    if (lengthBytes > 0) head.writeUIntBE(each.length, 0, lengthBytes);
    else head[head.length - 1] = 1;
    return Buffer.concat([head, each]);
  });
  return Buffer.concat(parts);
}

/** What a receiver makes of the payloads (RFC 6184, 5.6 and 5.8). */
function received(payloads: readonly Buffer[]): Buffer[] {
  const whole: Buffer[] = [];
  for (const payload of payloads) {
    const [indicator = 0, header = 0] = payload;
    if ((indicator & 0x1f) !== 28) whole.push(payload);
    else if (header & 0x80)
      whole.push(Buffer.concat([Buffer.from([(indicator & 0xe0) | (header & 0x1f)]), payload.subarray(2)]));
    else whole[whole.length - 1] = Buffer.concat([whole.at(-1) ?? Buffer.alloc(0), payload.subarray(2)]);
  }
  return whole;
}

test('units are found, with start codes and with lengths', () => {
  fc.assert(
    fc.property(units, fc.constantFrom(0, 2, 4), (list, lengthBytes) => {
      expect(bytes(nalUnits(stored(list, lengthBytes), lengthBytes))).toEqual(bytes(list));
    }),
  );
});

test('what is broken off harms nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(0, 1, 2, 4), (data, lengthBytes) => {
      for (const each of nalUnits(data, lengthBytes)) expect(each.length).toBeGreaterThan(0);
      parameterSets(data);
    }),
  );
});

test('a receiver gets the same units, in payloads that fit', () => {
  fc.assert(
    fc.property(units, fc.integer({ min: 3, max: 1500 }), (list, maxBytes) => {
      const payloads = payloadsOf(list, maxBytes);
      expect(Math.max(...payloads.map(({ length }) => length))).toBeLessThanOrEqual(maxBytes);
      expect(bytes(received(payloads))).toEqual(bytes(list));
    }),
  );
});

test('parameter sets beside the stream, as MP4 and as raw streams store them', () => {
  const [sps, pps, idr] = [new Uint8Array([0x67, 66, 0, 30]), new Uint8Array([0x68, 9, 9]), new Uint8Array([0x65, 1])];
  const avcc = Buffer.from([1, 66, 0, 30, 0xff, 0xe1, 0, 4, ...sps, 1, 0, 3, ...pps]);
  expect(parameterSets(avcc)).toEqual({ lengthBytes: 4, sets: [Buffer.from(sps), Buffer.from(pps)] });
  expect(bytes(parameterSets(stored([sps, pps], 0)).sets)).toEqual(bytes([sps, pps]));
  expect(parameterSets(new Uint8Array())).toEqual({ lengthBytes: 0, sets: [] });
  expect([isKey([idr]), isKey([sps]), hasParameterSets([sps, pps, idr]), hasParameterSets([sps, idr])]).toEqual([
    true,
    false,
    true,
    false,
  ]);
});
