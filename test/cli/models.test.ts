/** `bun run models`: the list, what detect makes of a file, and what is refused. */
import { describe, expect, test } from 'bun:test';
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRegistry } from '../../runtime/cli/models/registry.ts';
import type { ModelCard } from '../../runtime/model-card.ts';
import { NAMES, rows, writeTinyModel } from '../nodes/detect/tiny-models.ts';
import { ROOT, runCommand } from '../support/command.ts';
import { Folder } from '../support/graphs.ts';
import { models } from './models-command.ts';

const yolo = (metadata: Record<string, string>) =>
  writeTinyModel({ outputs: [{ name: 'output0', dims: [1, 7, 84], values: rows(84, 7, []) }], metadata });
/** 189: cells of strides 8, 16 and 32 on 96×96. */
const yolox = () =>
  writeTinyModel({ side: 96, outputs: [{ name: 'output', dims: [1, 189, 85], values: rows(189, 85, []) }] });

/** A project folder with these models, and a registry that knows `far`. */
function project(files: Readonly<Record<string, string>>): Folder {
  const folder = new Folder();
  mkdirSync(folder.file('models'));
  for (const [name, file] of Object.entries(files)) copyFileSync(file, folder.file(`models/${name}.onnx`));
  folder.write('models/registry.json', JSON.stringify({ version: 1, models: [FAR] }));
  return folder;
}

const FAR = {
  ...{ name: 'far', url: 'https://models.invalid/far.onnx', sha256: '0'.repeat(64), bytes: 20_219_662 },
  ...{ licence: 'Apache-2.0', source: 'https://models.invalid', family: 'yolox', classes: 'COCO 80' },
  input: { w: 416, h: 416 },
};

describe('models list', () => {
  test('a line a model, a broken one too; then those that could be pulled', async () => {
    const licensed = yolo({ names: NAMES, license: 'AGPL-3.0\x1b[2J' });
    using folder = project({ drones: licensed, other: yolox() });
    folder.write('models/broken.onnx', 'version https://git-lfs.github.com/spec/v1');
    const { exitCode, stdout, stderr } = await models([], { root: folder.path });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['name', 'family', 'classes', 'input', 'size', 'licence'],
      ['broken', 'refused: model_not_onnx', '0 kB'],
      ['drones', 'yolo', '3: person, drone, bird', '64×64', '3 kB', 'AGPL-3.0 [2J'],
      ['other', 'yolox', '80: person, bicycle, car, motorcycle, …', '96×96', '64 kB', 'unknown'],
      [''],
      ['available for download with: bun run models pull NAME'],
      ['name', 'family', 'classes', 'input', 'size', 'licence'],
      ['far', 'yolox', 'COCO 80', '416×416', '20.2 MB', 'Apache-2.0'],
      [''],
    ]);
  });

  test('--json', async () => {
    using folder = project({ drones: yolo({ names: NAMES, licence: 'MIT' }) });
    folder.write('models/broken.onnx', '');
    const { stdout } = await models(['list', '--json'], { root: folder.path });
    const { models: found, known } = JSON.parse(stdout);
    expect(found).toMatchObject([
      { name: 'broken', bytes: 0, error: { code: 'model_not_onnx', option: 'model' } },
      { name: 'drones', family: 'yolo', licence: 'MIT', labels: { names: ['person', 'drone', 'bird'] } },
    ]);
    expect(known).toEqual([FAR]);
  });

  test('a file that is a known model, to the byte, has its licence', async () => {
    const file = yolox();
    const sha256 = new Bun.CryptoHasher('sha256').update(readFileSync(file)).digest('hex');
    using folder = project({ mine: file });
    const known = { ...FAR, sha256, bytes: readFileSync(file).length };
    const registry = folder.write('own.json', JSON.stringify({ version: 1, models: [known] }));
    const { stdout } = await models(['--registry', 'own.json'], { root: folder.path, cwd: folder.path });
    expect(stdout).toMatch(/^mine .* Apache-2\.0$/m);
    folder.write('own.json', JSON.stringify({ version: 1, models: [{ ...known, sha256: FAR.sha256 }] }));
    expect((await models(['--registry', registry], { root: folder.path })).stdout).toMatch(/^mine .* unknown$/m);
  });

  test('an empty project has no models', async () => {
    using folder = project({});
    expect((await models([], { root: folder.path })).stdout).toStartWith(
      'no models in the model folder\n\navailable for download',
    );
  });
});

describe('models inspect', () => {
  test('the default model, by the real command', async () => {
    const { exitCode, stdout } = await runCommand(['models', 'inspect', 'default']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^model +default \(.*models\/default\.onnx, \d+(\.\d)? [kM]B\)$/m);
    expect(stdout).toMatch(/^licence +MIT$/m);
    expect(stdout).toMatch(/^family +\S+ \((certain|likely|possible): .+\)$/m);
    expect(stdout).toMatch(/^labels +\d+ from model: .*drone/m);
    expect(stdout).toMatch(/^confidence +at least 0\.\d+$/m);
    expect(stdout).toMatch(/^grey +nothing found$/m);
  });

  test('a YOLOX model by its path from the working folder', async () => {
    using folder = project({ other: yolox() });
    const { exitCode, stdout } = await models(['inspect', 'models/other.onnx'], { cwd: folder.path });
    expect(exitCode).toBe(0);
    expect(stdout).toContain(
      'input       images [1, 3, 96, 96], 96×96, bgr, floats from 0 to 255, letterbox-topleft on grey 114\n',
    );
    expect(stdout).toContain('output      output [1, 189, 85] float32\n');
    expect(stdout).toContain('layout      [1, 189, 5 + 80], raw grid\n');
    expect(stdout).toContain('labels      80 from coco80 (assumed): person, bicycle, ');
    expect(stdout).toContain('doubles     dropped above IoU 0.45 (NMS)\n');
    expect(stdout).toContain('licence     unknown: the file does not say\n');
  });

  test('--json has the same as data', async () => {
    using folder = project({ drones: yolo({ names: NAMES, license: 'MIT' }) });
    const { stdout } = await models(['inspect', 'drones', '--json'], { root: folder.path });
    const card: ModelCard = JSON.parse(stdout);
    expect(card).toMatchObject({
      name: 'drones',
      file: folder.file('models/drones.onnx'),
      family: 'yolo',
      input: { name: 'images', size: { w: 64, h: 64 }, color: 'rgb', white: 1, fit: 'letterbox', pad: 114 },
      labels: { names: ['person', 'drone', 'bird'], source: 'model', assumed: false },
      nms_iou: 0.45,
      licence: 'MIT',
      metadata: { names: NAMES },
    });
    expect(card.why).not.toBe('');
  });

  test('a model that detect refuses: which option, why, the code; exit code 1', async () => {
    using folder = project({ nameless: yolo({}) });
    const file = folder.file('models/nameless.onnx');
    const { exitCode, stdout, stderr } = await models(['inspect', 'nameless'], { root: folder.path });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toStartWith(`${file}: detect.model: `);
    expect(stderr).toMatch(/ \[model_\w+\]\n$/);
    const asJson = await models(['inspect', 'nameless', '--json'], { root: folder.path });
    expect(asJson).toMatchObject({ exitCode: 1, stderr: '' });
    expect(JSON.parse(asJson.stdout)).toMatchObject({ file, error: { code: expect.stringMatching(/^model_/) } });
  });

  test('the options of detect, and what is found in a picture, in its pixels', async () => {
    const outputs = [{ name: 'output0', dims: [1, 20, 6], values: rows(20, 6, [[16, 8, 48, 40, 0.9, 1]]) }];
    using folder = project({ drones: writeTinyModel({ outputs, metadata: { names: NAMES } }) });
    // Twice as wide as the input: a letterbox shows it from row 16 to row 48.
    const picture = folder.write('sky.ppm', `P6 128 64 255\n${'sky'.repeat(128 * 64)}`);
    const inspect = (...args: string[]) =>
      models(['inspect', 'drones', ...args], { root: folder.path, cwd: folder.path });
    const shown = await inspect('--image', picture, '--set', 'input.color=bgr', '--set', 'confidence=0.4');
    expect(shown.stdout).toMatch(/^input +images .*, bgr, /m);
    expect(shown.stdout).toMatch(/^confidence +at least 0\.4$/m);
    expect(shown.stdout).toMatch(/^grey +1 found: drone 0\.90 at 16,8 32×32$/m);
    expect(shown.stdout).toMatch(/^picture +1 found: drone 0\.90 at 32,0 64×48$/m);
    const asData = JSON.parse((await inspect('--image', 'sky.ppm', '--json', '--set', 'labels=[person]')).stdout);
    expect(asData.found).toEqual({ grey: [], picture: [] });
    expect(await inspect('--set', 'confidense=1')).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringContaining(
        "--set detect.confidense: unknown option 'confidense'; did you mean 'confidence'?",
      ),
    });
    expect(await inspect('--image', 'none.png')).toMatchObject({ exitCode: 2, stdout: '' });
    folder.write('text.png', 'no picture');
    const { exitCode, stderr } = await inspect('--image', 'text.png');
    expect({ exitCode, isSaid: stderr.includes("text.png can't be read") }).toEqual({ exitCode: 1, isSaid: true });
  });

  test('a model that misbehaves on the grey picture is refused as detect refuses it', async () => {
    const outputs = [{ name: 'output0', dims: [1, 20, 6], values: rows(20, 6, [[16, 8, 48, 40, 7, 1]]) }];
    using folder = project({ wild: writeTinyModel({ outputs, metadata: { names: NAMES } }) });
    const { exitCode, stderr } = await models(['inspect', 'wild'], { root: folder.path });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('expected scores in [0, 1], got 7');
  });

  test('a name that is not there: the nearest one', async () => {
    const { exitCode, stderr } = await runCommand(['models', 'inspect', 'defualt']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('no model has this name');
    expect(stderr).toContain('did you mean default?');
  });
});

describe('add and remove', () => {
  test('as an upload: tried out, by a clean name, nothing replaced unasked, nothing left of what is refused', async () => {
    using folder = project({ first: yolo({ names: NAMES }) });
    const where = { root: folder.path, cwd: folder.path };
    const run = async (...args: string[]) => models([...args, '--state', 'mine'], where);
    copyFileSync(yolo({ names: NAMES }), folder.file('my model.onnx'));
    expect(await run('add', 'my model.onnx')).toMatchObject({ exitCode: 0, stdout: 'added my_model\n', stderr: '' });
    expect((await run('list')).stdout).toMatch(/^my_model +yolo/m);
    const again = await run('add', 'my model.onnx');
    expect([again.exitCode, again.stderr.includes('--force')]).toEqual([1, true]);
    expect((await run('add', 'my model.onnx', '--force')).exitCode).toBe(0);
    folder.write('bad.onnx', 'no model');
    const bad = await run('add', 'bad.onnx');
    expect([bad.exitCode, bad.stderr.includes('model_not_onnx')]).toEqual([1, true]);
    expect((await run('add', 'none.onnx')).exitCode).toBe(2);
    const uploaded = () => readdirSync(folder.file('mine/models'), { recursive: true }).map(String).toSorted();
    expect(uploaded()).toEqual(['.incoming', 'my_model.onnx']);
    const ofProject = await run('remove', 'first');
    expect([ofProject.exitCode, ofProject.stderr.includes("belongs to the project's folder")]).toEqual([1, true]);
    expect(await run('remove', 'my_model')).toMatchObject({ exitCode: 0, stdout: 'removed my_model\n' });
    expect(uploaded()).toEqual(['.incoming']);
    expect((await run('remove', 'my_model')).exitCode).toBe(1);
  });
});

describe('usage', () => {
  test.each([
    { args: ['lst'], says: "'lst' is nothing to do with models; did you mean 'list'?" },
    { args: ['inspect'], says: 'inspect: name a model' },
    { args: ['pull'], says: 'pull: name a model' },
    { args: ['add'], says: 'add: name a file' },
    { args: ['remove', 'a', 'b'], says: 'remove: name a model' },
    { args: ['list', 'default'], says: 'list: takes no further words' },
    { args: ['--jsn'], says: "Unknown option '--jsn'" },
  ])('$args', async ({ args, says }) => {
    const { exitCode, stderr } = await models(args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(says);
    expect(stderr).toContain('usage: bun run models [list] [--json]');
  });
});

describe('the registry', () => {
  test('the one of the project is right, and its licences are permissive', () => {
    const known = readRegistry(join(ROOT, 'models', 'registry.json'));
    expect(known.map(({ name }) => name)).toEqual(['yolox_nano', 'yolox_tiny', 'yolox_s']);
    for (const { licence, url, name } of known) {
      expect(['MIT', 'Apache-2.0', 'BSD-3-Clause']).toContain(licence);
      expect(url).toMatch(new RegExp(`^https://.*/${name}\\.onnx$`));
    }
  });

  test.each([
    { why: 'an unknown key', change: { md5: '0' }, says: "models.0.md5: unknown option 'md5'" },
    {
      why: 'plain http elsewhere',
      change: { url: 'http://models.invalid/x' },
      says: 'models.0.url: must begin with https',
    },
    { why: 'a name that leads elsewhere', change: { name: '../x' }, says: 'models.0.name: must ' },
    {
      why: 'a loopback name as user',
      change: { url: 'http://localhost@models.invalid/x' },
      says: 'models.0.url: must',
    },
    { why: 'half a hash', change: { sha256: '00' }, says: 'models.0.sha256: must ' },
    { why: 'no size', change: { bytes: 0 }, says: 'models.0.bytes: must be ' },
  ])('refuses $why', async ({ change, says }) => {
    using folder = project({});
    const file = folder.write('own.json', JSON.stringify({ version: 1, models: [{ ...FAR, ...change }] }));
    const { exitCode, stderr } = await models(['--registry', file]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`${file}: ${says}`);
  });

  test('refuses what is no JSON, and two models of one name', async () => {
    using folder = project({});
    const file = folder.write('own.json', '{');
    expect((await models(['--registry', file])).stderr).toContain(`${file}: can't be read as JSON`);
    folder.write('own.json', JSON.stringify({ version: 1, models: [FAR, FAR] }));
    expect((await models(['--registry', file])).stderr).toContain("models.1.name: 'far' is there already");
  });
});
