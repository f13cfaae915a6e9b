/** Scene descriptions of cameras: places, classes, what is gone; by XML and JSON alike; and none that harms. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { readScenes } from '../../ptz/index.ts';
import { WindhoverError } from '../../runtime/errors.ts';
import { sceneDocument, sceneOf } from '../../runtime/sinks/onvif/scene.ts';

const AT = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const stream = (frame: string) =>
  `<?xml version="1.0"?><tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema"><tt:VideoAnalytics>${frame}</tt:VideoAnalytics></tt:MetadataStream>`;
const frame = (inside: string) => stream(`<tt:Frame UtcTime="2026-01-02T03:04:05.678Z">${inside}</tt:Frame>`);
const object = (appearance: string, more = '') =>
  `<tt:Object ObjectId="12"><tt:Appearance>${appearance}</tt:Appearance>${more}</tt:Object>`;
const BOX = '<tt:BoundingBox left="-0.5" top="0.8" right="0.5" bottom="0.4"/>';
const shape = (inside: string) => `<tt:Shape>${inside}</tt:Shape>`;
const only = (text: string) => readScenes(text)[0]?.objects[0];
const share = fc.integer({ min: 0, max: 1_000_000 }).map((millionths) => millionths / 1_000_000);

test('what our own writer writes comes back, as a document and as JSON', () => {
  fc.assert(
    fc.property(share, share, share, share, share, (a, b, c, d, conf) => {
      const bbox = { x: Math.min(a, b), y: Math.min(c, d), w: Math.abs(a - b), h: Math.abs(c - d) };
      const scene = sceneOf({ ts_unix_ms: AT, tracks: [{ id: 3, label: 'truck', conf, bbox }] });
      const read = readScenes(JSON.stringify(scene));
      expect(readScenes(sceneDocument(scene))).toEqual(read);
      const [first] = read;
      expect(first).toMatchObject({ utcMs: AT, module: 'Windhover', gone: [] });
      expect(first?.objects[0]).toMatchObject({ id: '3', label: 'truck', likelihood: conf, isIdle: false });
      const box = first?.objects[0]?.boxNorm;
      if (!(bbox.w > 0 && bbox.h > 0)) return expect(box).toBeNull();
      for (const side of ['x', 'y', 'w', 'h'] as const) expect(box?.[side]).toBeCloseTo(bbox[side], 9);
    }),
  );
});

describe('places', () => {
  // The picture of the specification's own example: 640 by 480, from the lower left.
  const PIXELS =
    '<tt:Transformation><tt:Translate x="-1" y="-1"/><tt:Scale x="0.003125" y="0.0041666666667"/></tt:Transformation>';
  const PIXEL_BOX = '<tt:BoundingBox left="64" top="432" right="320" bottom="240"/>';
  const expected = { x: 0.1, y: 0.1, w: 0.4, h: 0.4 };

  test.each([
    ['normalized', shape('<tt:BoundingBox left="-0.8" top="0.8" right="0" bottom="0"/>'), ''],
    ['top and bottom mixed up', shape('<tt:BoundingBox left="0" top="0" right="-0.8" bottom="0.8"/>'), ''],
    ['pixels', shape(PIXEL_BOX), PIXELS],
    [
      'an object has its own coordinates within those of the frame',
      `<tt:Transformation><tt:Translate x="64"/><tt:Scale x="2"/></tt:Transformation>${shape('<tt:BoundingBox left="0" top="432" right="128" bottom="240"/>')}`,
      PIXELS,
    ],
    [
      'a polygon alone',
      shape('<tt:Polygon><tt:Point x="-0.8" y="0.8"/><tt:Point x="0" y="0.4"/><tt:Point x="-0.4" y="0"/></tt:Polygon>'),
      '',
    ],
  ])('%s', (_name, appearance, before) => {
    const box = only(frame(`${before}${object(appearance)}`))?.boxNorm;
    for (const side of ['x', 'y', 'w', 'h'] as const) expect(box?.[side]).toBeCloseTo(expected[side], 6);
  });

  test('what reaches out of the picture is cut, and what is outside, a point or no number is no box', () => {
    const of = (box: string) => only(frame(object(shape(`<tt:BoundingBox ${box}/>`))))?.boxNorm;
    expect(of('left="-3" top="3" right="0" bottom="0"')).toEqual({ x: 0, y: 0, w: 0.5, h: 0.5 });
    expect(of('left="1.5" top="0.5" right="2" bottom="0"')).toBeNull();
    expect(of('left="0" top="0.5" right="0" bottom="0"')).toBeNull();
    expect(of('left="NaN" top="0.5" right="0.5" bottom="0"')).toBeNull();
    expect(of('left="0" top="0.5" right="0.5"')).toBeNull();
    expect(only(frame(object(shape('<tt:CenterOfGravity x="0" y="0"/>'))))?.boxNorm).toBeNull();
  });
});

test.each([
  [
    '<tt:Class><tt:Type Likelihood="0.6">Vehicle</tt:Type><tt:Type Likelihood="0.9">Human</tt:Type></tt:Class>',
    'person',
    0.9,
  ],
  [
    '<tt:Class><tt:ClassCandidate><tt:Type>Vehical</tt:Type><tt:Likelihood>0.7</tt:Likelihood></tt:ClassCandidate></tt:Class>',
    'vehicle',
    0.7,
  ],
  [
    '<tt:Class><tt:Type Likelihood="0.8">Vehicle</tt:Type></tt:Class><tt:VehicleInfo><tt:Type Likelihood="0.5">Car</tt:Type></tt:VehicleInfo>',
    'car',
    0.8,
  ],
  ['<tt:Class><tt:Type Likelihood="85">LicensePlate</tt:Type></tt:Class>', 'license plate', 0.85],
  ['', 'object', 1],
])('class %#: %s', (described, label, likelihood) => {
  expect(only(frame(object(`${shape(BOX)}${described}`)))).toMatchObject({ label, likelihood });
});

test('what stands still, what was taken away, and what is no more under its id', () => {
  const idle = object(shape(BOX), '<tt:Behaviour><tt:Idle/></tt:Behaviour>');
  const removed = object(shape(BOX), '<tt:Behaviour><tt:Removed/></tt:Behaviour>');
  const tree =
    '<tt:ObjectTree><tt:Delete ObjectId="1"/><tt:Merge><tt:from ObjectId="2"/><tt:from ObjectId="3"/><tt:to ObjectId="4"/></tt:Merge><tt:Split><tt:from ObjectId="5"/><tt:to ObjectId="6"/></tt:Split></tt:ObjectTree>';
  const [scene] = readScenes(frame(`${idle}${removed}${tree}`));
  expect(scene?.objects.map(({ isIdle }) => isIdle)).toEqual([true]);
  expect(scene?.gone).toEqual(['1', '2', '3', '5']);
});

test('times: without a zone they are UTC; anything else is none', () => {
  const at = (time: string) => readScenes(stream(`<tt:Frame UtcTime="${time}"/>`))[0]?.utcMs;
  expect(at('2026-01-02T03:04:05.678')).toBe(AT);
  expect(at('2026-01-02T04:04:05.678901+01:00')).toBe(AT);
  expect([at('2026-01-02'), at('yesterday'), at('2026-13-02T00:00:00Z')]).toEqual([null, null, null]);
});

test('documents about something else tell no scene', () => {
  expect(readScenes('<tt:MetadataStream xmlns:tt="x"><tt:Event/></tt:MetadataStream>')).toEqual([]);
  expect(readScenes('{"PTZStatus":{}}')).toEqual([]);
});

describe('nothing harms', () => {
  const deep = (open: string, close: string, times = 100_000) => open.repeat(times) + close.repeat(times);
  test.each([
    [
      'a document type is not expanded',
      `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>${frame(object(`${shape(BOX)}<tt:Class><tt:Type>&b;</tt:Type></tt:Class>`))}`,
      null,
    ],
    ['no depth', stream(deep('<tt:Frame>', '</tt:Frame>', 50)), 'xml_too_large'],
    ['no depth of JSON', `{"Frame":${deep('{"Frame":', '}', 50).replace('}', '1}')}}`, 'xml_too_large'],
    ['no depth that ends the parser', deep('[', ']'), null],
    ['not many elements', stream('<tt:Frame/>'.repeat(30_000)), 'xml_too_large'],
    [
      'not many elements of JSON',
      JSON.stringify({ Frame: Array.from({ length: 30_000 }, () => ({})) }),
      'xml_too_large',
    ],
    ['no length', `{"Frame":"${'x'.repeat(1 << 20)}"}`, 'scene_too_large'],
    ['half a document', frame(object(shape(BOX))).slice(0, 200), 'xml_malformed'],
    ['no JSON', 'hello', 'scene_malformed'],
    ['a number', '17', 'scene_malformed'],
  ])('%s', (_name, text, code) => {
    let thrown: unknown;
    try {
      const types = readScenes(text).flatMap(({ objects }) => objects.map(({ label }) => label));
      expect(types.join()).not.toContain('aaaa');
    } catch (error) {
      thrown = error;
    }
    if (code === null) expect(thrown instanceof WindhoverError || thrown === undefined).toBe(true);
    else expect(thrown).toMatchObject({ code });
  });

  test('whatever is cut, doubled or swapped, it is read or refused', () => {
    const text = frame(object(shape(BOX)));
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(text.length), fc.boolean(), fc.string(), (from, to, isJson, extra) => {
        const whole = isJson ? JSON.stringify(sceneOf({ ts_unix_ms: AT, tracks: [] })) : text;
        const cut = `${whole.slice(0, from)}${extra}${whole.slice(to)}`;
        try {
          expect(Array.isArray(readScenes(cut))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(WindhoverError);
        }
      }),
    );
  });
});
