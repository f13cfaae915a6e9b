/** Documents of a metadata track, put together from its packets. */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { Documents } from '../../../nodes/source/documents.ts';

const document = (text: string) =>
  `<?xml version="1.0"?>\n<tt:MetadataStream xmlns:tt="x"><!--${text}--></tt:MetadataStream>\n`;
const push = (documents: Documents, ...parts: string[]) =>
  parts.flatMap((part) => documents.push(Buffer.from(part)) ?? []);

test('however they are cut, those come out that went in', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 300 }).filter((each) => !each.includes('MetadataStream'));
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), fc.integer({ min: 30, max: 200 }), (texts, most) => {
      const all = texts.map(document);
      const packets = all.flatMap((each) => {
        const bytes = Buffer.from(each);
        return Array.from({ length: Math.ceil(bytes.length / most) }, (_, i) =>
          bytes.subarray(i * most, (i + 1) * most),
        );
      });
      const documents = new Documents();
      const whole = packets.flatMap((packet) => documents.push(packet)?.trim() ?? []);
      expect(whole).toEqual(all.map((each) => each.trim()));
      expect(documents.broken).toBe(0);
    }),
  );
});

test('without a declaration, and with any prefix', () => {
  const texts = ['<MetadataStream></MetadataStream>', '<a:MetadataStream><a:b/></a:MetadataStream >'];
  expect(push(new Documents(), ...texts)).toEqual(texts);
});

test('one whose end was lost is left out, and so is the rest of one whose beginning was', () => {
  const documents = new Documents();
  const whole = document('whole');
  expect(push(documents, 'rest</tt:MetadataStream>', document('cut').slice(0, 40), whole)).toEqual([whole]);
  expect(documents.broken).toBe(1);
});

test('one that never ends takes no memory', () => {
  const documents = new Documents();
  const part = Buffer.alloc(60_000, 'x');
  documents.push(Buffer.from('<?xml version="1.0"?>'));
  for (let i = 0; i < 100; i++) expect(documents.push(part)).toBeUndefined();
  expect(documents.broken).toBe(1);
  expect(push(documents, document('next'))).toHaveLength(1);
});
