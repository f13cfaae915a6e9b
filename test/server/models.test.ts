/** The models routes over real files, the real command that tries models out, and the built-in nodes. */
import { afterAll, describe, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { MultipartReader } from '../../runtime/server/multipart.ts';
import { harmless } from './hostile-models.ts';
import { ModelRig } from './model-rig.ts';

describe('what there is', () => {
  test('the list, and one of it with how it is read', async () => {
    using rig = await ModelRig.start();
    writeFileSync(join(rig.folder, 'models', 'wrong.onnx'), 'no model');
    const { models = [] } = (await rig.call('GET', '/models')).body;
    expect(models.map(({ name }) => name)).toEqual(['first', 'second', 'wrong']);
    expect(models[0]).toMatchObject({
      ...{ name: 'first', size: harmless().length, type: 'onnx', active: true, used_by: ['cam.detect'] },
      ...{ classes: ['person', 'drone', 'bird'], family: 'yolo', input_size: { w: 64, h: 64 }, error: null },
    });
    expect(Date.parse(models[0]?.modified_at ?? '')).toBeGreaterThan(0);
    expect(models[2]).toMatchObject({ active: false, classes: [], error: { code: 'model_not_onnx' } });
    expect(JSON.stringify(models)).not.toContain(rig.folder);
    const one = await rig.call('GET', '/models/second');
    expect(one.body).toMatchObject({ name: 'second', active: false, inspection: { labels: { source: 'model' } } });
    expect(await rig.call('GET', '/models/secnd')).toMatchObject({
      status: 404,
      body: { error: "Unknown model: secnd; did you mean 'second'?" },
    });
    expect((await rig.call('GET', '/models/..%2F..%2Fsecond')).status).toBe(404);
  });
});

describe('an upload', () => {
  const small = ModelRig.start({ maxModelBytes: 100_000 });
  afterAll(async () => (await small)[Symbol.dispose]());

  test('is tried out, gets a clean name, replaces nothing unasked, is used, and is deleted when it is not', async () => {
    using rig = await ModelRig.start();
    const uploaded = 'my_m_d_l';
    const taken = await rig.upload(harmless(), '../../my möd€l.onnx');
    expect(taken).toMatchObject({ status: 201, body: { name: uploaded, uploaded: true, active: false } });
    expect(rig.uploaded()).toEqual([`${uploaded}.onnx`]);
    expect(await rig.upload(harmless(), `${uploaded}.onnx`)).toMatchObject({ status: 409 });
    expect(await rig.upload(harmless(), 'first.onnx')).toMatchObject({ status: 409 });

    const activated = await rig.call('POST', `/models/${uploaded}/activate`, {});
    expect(activated).toMatchObject({ status: 200, body: { changed: ['cam.detect.model'] } });
    expect(rig.model('cam')).toBe(uploaded);
    expect((await rig.call('GET', `/models/${uploaded}`)).body).toMatchObject({ active: true });
    expect(await rig.call('DELETE', `/models/${uploaded}`)).toMatchObject({
      status: 409,
      body: { error: `Model ${uploaded} is in use: cam.detect` },
    });
    expect(await rig.upload(harmless(), `${uploaded}.onnx`, '?replace=true')).toMatchObject({ status: 409 });

    expect((await rig.call('POST', '/models/first/activate', { camera_id: 'cam' })).status).toBe(200);
    expect(rig.model('cam')).toBe('first');
    expect(await rig.call('DELETE', `/models/${uploaded}`)).toMatchObject({ status: 200, body: { deleted: true } });
    expect((await rig.call('DELETE', `/models/${uploaded}`)).status).toBe(404);
    expect((await rig.call('DELETE', '/models/second')).status).toBe(409);
    expect(rig.uploaded()).toEqual([]);
  });

  test.each([
    { why: 'no form', body: 'x', type: 'text/plain', status: 400 },
    { why: 'no boundary', body: 'x', type: 'multipart/form-data', status: 400 },
    { why: 'another field', body: form('other', 'm.onnx', 'x'), status: 400 },
    { why: 'a field that is no file', body: form('file', null, 'x'), status: 400 },
    { why: 'two files', body: form('file', 'm.onnx', 'x', 'y'), status: 400 },
    { why: 'an empty file', body: form('file', 'm.onnx', ''), status: 400 },
    { why: 'no .onnx', body: form('file', 'm.exe', 'x'), status: 400 },
    { why: 'a name of which nothing is left', body: form('file', '../€.onnx', 'x'), status: 400 },
    { why: 'no end', body: form('file', 'm.onnx', 'x').slice(0, -4), status: 400 },
    { why: 'too large', body: form('file', 'm.onnx', 'x'.repeat(200_000)), status: 413 },
  ])('of $why is refused, and nothing of it is left', async ({ body, type, status }) => {
    const rig = await small;
    const headers = { 'content-type': type ?? 'multipart/form-data; boundary="B"' };
    expect((await rig.call('POST', '/models/upload', body, headers)).status).toBe(status);
    expect(rig.uploaded()).toEqual([]);
  });

  test('that is no model, or one that detect refuses, is refused with the reason', async () => {
    using rig = await ModelRig.start();
    const answer = await rig.upload(new TextEncoder().encode('x'.repeat(1000)), 'm.onnx');
    expect(JSON.stringify(answer)).not.toContain(rig.folder);
    expect(answer).toMatchObject({ status: 422, body: { error: expect.stringContaining('[model_not_onnx]') } });
    expect(rig.uploaded()).toEqual([]);
  });
});

describe('a model that can not be used', () => {
  test('by the session: 422, and the one from before goes on', async () => {
    using rig = await ModelRig.start();
    rig.host.refuses = 'cam';
    expect(await rig.call('POST', '/models/second/activate')).toMatchObject({
      status: 422,
      body: { error: 'the model cannot be opened' },
    });
    expect(rig.model('cam')).toBe('first');
  });

  test('by the graph: 422 with the place', async () => {
    using rig = await ModelRig.start();
    await rig.call('PATCH', '/settings/cam', { detect: { labels: ['drone'] } });
    writeFileSync(join(rig.folder, 'models', 'wrong.onnx'), 'no model');
    expect(await rig.call('POST', '/models/wrong/activate')).toMatchObject({
      status: 422,
      body: { error: expect.stringContaining('[model_not_onnx]') },
    });
    expect(await rig.call('POST', '/models/none/activate')).toMatchObject({ status: 404 });
    expect(await rig.call('POST', '/models/second/activate', { camera_id: 'x' })).toMatchObject({ status: 404 });
    // The model that the option has by default is not in these folders.
    expect(await rig.call('POST', '/models/reset', {})).toMatchObject({
      status: 422,
      body: { faults: [{ path: 'nodes.detect.with.model', line: expect.any(Number) }] },
    });
    expect(rig.model('cam')).toBe('first');
  });
});

test('a body in chunks that end anywhere is read as in one', () => {
  const text = `preamble\r\n${form('a', 'x\\".onnx', 'one\r\n--b', '--B-', '').replace('--B--', '--B  ').trimEnd()}`;
  const body = Buffer.from(form('file', 'm.onnx', `one\r\n--\r\n--X\r\n${text.slice(0, 9)}`, '', 'three'));
  const read = (chunks: readonly Uint8Array[]) => {
    const reader = new MultipartReader('B');
    const parts: { name: string; bytes: string }[] = [];
    for (const piece of chunks.flatMap((chunk) => [...reader.push(chunk)])) {
      const last = parts.at(-1);
      if (!(piece instanceof Uint8Array)) parts.push({ name: piece.name, bytes: '' });
      else if (last) last.bytes += Buffer.from(piece).toString('latin1');
    }
    return { parts, isOver: reader.isOver };
  };
  const whole = read([body]);
  expect(whole).toMatchObject({ isOver: true, parts: [{ name: 'file' }, { bytes: '' }, { bytes: 'three' }] });
  fc.assert(
    fc.property(fc.array(fc.nat(body.length)), (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), body.length];
      const chunks = at.slice(1).map((end, i) => body.subarray(at[i] ?? 0, end));
      expect(read(chunks)).toEqual(whole);
    }),
  );
});

/** A body with the boundary `B`: these contents, each in a part of this name. */
function form(name: string, fileName: string | null, ...contents: string[]): string {
  const file = fileName === null ? '' : `; filename="${fileName}"`;
  const part = (content: string) =>
    `--B\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${content}\r\n`;
  return `${contents.map(part).join('')}--B--\r\n`;
}
