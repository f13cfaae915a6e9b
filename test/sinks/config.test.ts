// biome-ignore-all lint/suspicious/noTemplateCurlyInString: files hold variables
import { describe, expect, test } from 'bun:test';
import { Type } from '@sinclair/typebox';
import Ajv from 'ajv';
import { parse } from 'yaml';
import { formatFault } from '../../runtime/graph/faults.ts';
import { readServerConfig, serverFileSchema } from '../../runtime/sinks/config.ts';
import { defineSink } from '../../runtime/sinks/sink.ts';
import { Folder } from '../support/graphs.ts';

const file = defineSink({
  name: 'file',
  doc: 'Writes to a file.',
  options: Type.Object(
    {
      path: Type.String({ path: true, default: 'out.txt' }),
      every_ms: Type.Number({ default: 500, minimum: 10 }),
      password: Type.Optional(Type.String()),
      url: Type.Optional(Type.String()),
    },
    { additionalProperties: false },
  ),
  open: () => ({ close: async () => undefined }),
});
const broker = defineSink({
  name: 'broker',
  doc: 'Tells a broker.',
  options: Type.Object({ host: Type.String() }, { additionalProperties: false }),
  open: () => ({ close: async () => undefined }),
});
const SINKS = [file, broker];
const ENV = { SECRET: 'sesame-1', PORT: '80' };

function read(text: string) {
  using folder = new Folder();
  folder.write('server.yaml', text);
  const config = readServerConfig('server.yaml', { sinks: SINKS, env: ENV, cwd: folder.path });
  const faults = config.faults.map(formatFault);
  const sinks = config.sinks.map(({ sink, options }) => [sink.name, options] as const);
  const { inference } = config;
  return { faults, inference, sinks: Object.fromEntries(sinks), secrets: config.secrets, folder: folder.path };
}

describe('server.yaml', () => {
  test('a named sink is on, with defaults; paths count from the file', () => {
    const { faults, sinks, folder } = read('file:\nbroker: { host: a }\n');
    expect(faults).toEqual([]);
    expect(sinks).toEqual({ file: { path: `${folder}/out.txt`, every_ms: 500 }, broker: { host: 'a' } });
  });

  test('how sessions share the cores stands beside the sinks', () => {
    const { faults, sinks, inference } = read('inference: { threads: 3, cameras: { gate: 2 } }\nfile:\n');
    expect(faults).toEqual([]);
    expect(Object.keys(sinks)).toEqual(['file']);
    expect(inference).toEqual({ threads: 3, shares: { gate: 2 } });
    expect(read('inference:').inference).toEqual({ threads: navigator.hardwareConcurrency, shares: {} });
    expect(read('file:').inference).toBeUndefined();
    expect(read('inference: { thread: 1 }').faults).toEqual([
      "server.yaml:1:14 inference.thread: unknown option 'thread'; did you mean 'threads'?",
    ]);
  });

  test('variables are put in, and what came from there or is a password is a secret', () => {
    const { sinks, secrets } = read(
      'file:\n  every_ms: ${PORT}\n  password: abc\n  url: http://u:pw@h/\nbroker: { host: "${SECRET}" }',
    );
    expect(sinks).toMatchObject({ file: { every_ms: 80, password: 'abc' }, broker: { host: 'sesame-1' } });
    expect([...secrets].sort()).toEqual(['abc', 'pw', 'sesame-1']);
  });

  test.each([
    ['', ['server.yaml:1:1: the file is empty; it names sinks']],
    ['- a', ['server.yaml:1:1: must be a mapping, got a list']],
    ['files: {}', ["server.yaml:1:1 files: no sink has this name; did you mean 'file'?"]],
    ['file: 3', ['server.yaml:1:7 file: must be a mapping, got 3']],
    ['broker:', ['server.yaml:1:1 broker.host: is required; a text']],
    ['broker: { host: "${NO}" }', ['server.yaml:1:17 broker.host: the environment variable NO is not set']],
    [
      'file: { every_ms: 3, pth: x }\nbroker: { host: [] }',
      [
        'server.yaml:1:19 file.every_ms: must be at least 10, got 3',
        "server.yaml:1:22 file.pth: unknown option 'pth'; did you mean 'path'?",
        'server.yaml:2:17 broker.host: must be a text, got an empty list',
      ],
    ],
    ['file: { a', ['server.yaml:1:10: Flow map in block collection must be sufficiently indented and end with a }']],
  ])('faults are located, all at once: %j', (text, faults) => {
    expect(read(text).faults).toEqual(faults);
    expect(read(text).sinks).toEqual({});
  });

  test('a file that is not there', () => {
    const config = readServerConfig('none.yaml', { sinks: SINKS, env: {}, cwd: '/' });
    expect(config.faults.map(formatFault)).toEqual(['none.yaml:1:1: there is no such file']);
  });

  test('the JSON Schema for editors takes what the check takes, and refuses its mistakes', () => {
    const validate = new Ajv({ strict: true, strictTypes: false, strictRequired: false }).compile(
      serverFileSchema(SINKS),
    );
    const isRight = (text: string) => validate(parse(text));
    for (const text of ['file:', 'file: { every_ms: "${A}" }', 'broker: { host: a }']) expect(isRight(text)).toBe(true);
    for (const text of ['files:', 'file: { every_ms: 3 }', 'file: { a: 1 }', 'broker: {}'])
      expect(isRight(text)).toBe(false);
  });
});
